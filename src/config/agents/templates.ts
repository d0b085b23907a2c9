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
