// The files that `voice init` writes: commented, and working as they are.

/** By the name of `voice init --template`. */
export const templates = {
  receptionist: `#:schema ./voice.schema.json
# Who answers the telephone. Every key: docs/agents.md. Check it with: voice check. Without OPENAI_API_KEY the built-in
# agent answers, which repeats what it hears.

[agents.reception]
# Who the agent is and how it speaks. For a longer text: instructions = "file:reception.md"
instructions = """
You are the receptionist of Acme, a bicycle shop in Springfield. The shop is at 12 Main Street.
It is {{time}}. The caller's number is {{caller}}.
You are on the telephone: answer in one or two short sentences, and ask one question at a time.
Say only what you know. When you do not know something, offer to take a message: ask for the name, the number and what it is
about, and repeat them.
"""
# The first language greets. The agent follows the caller to the others.
languages = ["en-US", "es-US"]
# Said first, word for word. Or { instruct = "Greet the caller." }, or { wait = true } for the caller to speak first.
greeting = { say = "Thank you for calling Acme Bicycles. How can I help you?" }
voice = "marin"
# Names that the transcript should know.
hearing = { noise = "near_field", keywords = ["Acme", "Springfield"] }
# A silent caller is asked whether they are there, twice; then the agent hangs up. No call is longer than half an hour.
patience = { idle_s = 10, max_minutes = 30 }
# What one call, and all calls of a day, may cost for the model, in US dollars. Docs: docs/agents.md, "What calls cost".
# budget = { per_call = 2.00, per_day = 50.00 }
# People to whom the agent may hand over a caller who asks for one. Docs: docs/agents.md, "Transfers".
# [agents.reception.transfers.desk]
# to = ["+15551234567"]
# description = "For invoices, and for callers who ask for a person."

[agents.night]
instructions = """
You answer the telephone of Acme, a bicycle shop, while it is closed. It opens Monday to Friday at 9.
You are on the telephone: answer in one or two short sentences. Offer to take a message: ask for the name, the number and
what it is about, and repeat them.
"""
greeting = { say = "Thank you for calling Acme Bicycles. We are closed at the moment, but I can take a message." }

# Which agent answers which of your numbers: "+15551234567", or "*" for every number that is not listed.
[numbers."*"]
agent = "reception"
[numbers."*".hours]
tz = "America/New_York"
open = ["Mon-Fri 09:00-17:00", "Sat 10:00-14:00"]
closed = { agent = "night" }

[callers]
# Numbers, or beginnings of numbers, that are rejected.
deny = ["+1900"]
# Calls at the same time from one number.
per_number = 2
`,
  booking: `#:schema ./voice.schema.json
# A booking line: it looks bookings up and makes new ones by HTTP. Replace the URLs of the tools by your own: until then
# the agent says that it cannot look things up now. Every key: docs/agents.md. Check it with: voice check

[agents.booking]
instructions = """
You take table bookings for the restaurant Olive. It is {{time}}. The caller's number is {{caller}}.
You are on the telephone: answer in one or two short sentences, and ask one question at a time.
Look up a booking before you speak about it. Before you make one, repeat the name, the day, the time and the number of people,
and wait for a yes. When the caller is done, say goodbye and hang up.
"""
languages = ["en-US"]
greeting = { say = "Restaurant Olive, good day. Would you like to book a table?" }
hearing = { keywords = ["Olive"] }
tools = ["find_booking", "make_booking", "hang_up"]
patience = { idle_s = 10, max_minutes = 15 }

[tools.find_booking]
description = "Finds the bookings of a caller by telephone number."
parameters = { type = "object", properties = { phone = { type = "string" } }, required = ["phone"], additionalProperties = false }
http = { url = "https://bookings.example.com/bookings/{{phone}}" }
# With a key: headers = { Authorization = "Bearer \${BOOKING_KEY}" }, in http.
result = { keep = ["$.name", "$.at", "$.people"] }

[tools.make_booking]
description = "Books a table. Only when the caller has confirmed all of it."
[tools.make_booking.parameters]
type = "object"
required = ["name", "at", "people"]
additionalProperties = false
[tools.make_booking.parameters.properties]
name = { type = "string" }
at = { type = "string", description = "Day and time: 2026-12-24T19:30" }
people = { type = "integer", minimum = 1, maximum = 12 }
[tools.make_booking.http]
method = "POST"
url = "https://bookings.example.com/bookings"
`,
  reminder: `#:schema ./voice.schema.json
# A line for people who call back about a reminder of an appointment: they confirm or cancel it, by voice or by keys.
# Replace the URL of the tool by your own. Every key: docs/agents.md. Check it with: voice check

[agents.reminder]
instructions = """
You answer for the dentist Dr. Gray. People call this number because they got a reminder of an appointment. It is {{time}}.
You are on the telephone: answer in one or two short sentences. Ask whether they want to keep the appointment or to cancel it.
The key 1 means that they keep it, the key 2 that they cancel it. Do not give medical advice, and do not name the appointment's
reason. Use the function only when the caller has decided, then say that it is noted, say goodbye and hang up.
"""
languages = ["en-US", "es-US"]
greeting = { say = "Doctor Gray's office. To keep your appointment, press 1 or say so. To cancel it, press 2." }
tools = ["answer_reminder", "hang_up"]
patience = { idle_s = 8, times = 1, max_minutes = 5 }

[tools.answer_reminder]
description = "Notes whether the caller keeps the appointment."
parameters = { type = "object", properties = { keeps = { type = "boolean" } }, required = ["keeps"], additionalProperties = false }
[tools.answer_reminder.http]
method = "POST"
url = "https://appointments.example.com/answers?phone={{caller}}"

[callers]
# Without a number no appointment can be found.
anonymous = "reject"
`,
  minimal: `#:schema ./voice.schema.json
# Who answers the telephone. Every key: docs/agents.md. Check it with: voice check

[agents.assistant]
instructions = """
You answer the telephone. Be warm and brief: one or two short sentences, then let the caller speak.
Say only what you know.
"""
greeting = { instruct = "Greet the caller in one short, friendly sentence and ask how you can help." }
`,
} as const;
