import { test } from "bun:test";
import { patientClock } from "./tests/support/patient-clock.ts";
import { askDoctor } from "./tests/doctor/ask-doctor.ts";
import { gallery } from "./tests/doctor/gallery/all.ts";
const want=(process.env.EX??"").split("|");
for (const e of gallery.filter(({name})=>want.some(w=>name.includes(w)))) test.concurrent(e.name, async()=>{ const clock=patientClock(6); const s=await e.open({clock}); const r=await askDoctor(s,e.flags??{},clock); console.log(e.name,"=>",r.ok,r.cause,r.verdict); for(const c of r.checks) if (["error","warning"].includes(c.level)||/media.format|reply|interrupt|concurr/.test(c.id)) console.log("   ",c.level,c.id,c.actual); await s.stop(); },100000);
