// examples/grafana and examples/prometheus against a real answer of /metrics: every metric, label and label value that
// a query names exists. A dashboard with a wrong name shows nothing, and an alert with one never fires.

import { afterAll, beforeAll, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { referencesOf } from "../support/promql.ts";
import { type ReadMetrics, readMetrics } from "../support/read-metrics.ts";
import { type ServerUnderTest, startServer } from "./server-under-test.ts";

const folder = join(import.meta.dir, "../../examples");
/** Labels that Prometheus adds to every sample of a target, and its own metric. */
const TARGET_LABELS = ["job", "instance"];
const UP = "up";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly datasource: { readonly uid: string } }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[] };
}
const dashboard = JSON.parse(readFileSync(join(folder, "grafana/voice.json"), "utf8")) as Dashboard;
interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: Record<string, string> }[];
  }[];
}
const rules = (Bun.YAML.parse(readFileSync(join(folder, "prometheus/voice-alerts.yml"), "utf8")) as Rules).groups.flatMap(
  (group) => group.rules,
);

let server: ServerUnderTest;
let metrics: ReadMetrics;
beforeAll(async () => {
  // As `voice` starts it: with the limit of open files.
  server = startServer({ openFileLimit: 4_096 });
  metrics = readMetrics(await (await fetch(`${server.origin}/metrics`)).text());
});
afterAll(() => server.stop());

/** What is wrong with an expression. */
function problemsOf(expression: string): string[] {
  const { metrics: named, grouped } = referencesOf(expression);
  const labelsOf = (metric: string): Set<string> =>
    new Set([...TARGET_LABELS, ...metrics.samples.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels))]);
  const problems = named.flatMap(({ metric, selected }) => {
    const samples = metrics.samples.filter(({ name }) => name === metric);
    if (metric === UP)
      return selected.filter(({ label }) => !TARGET_LABELS.includes(label)).map(({ label }) => `${metric} has no label ${label}`);
    if (samples.length === 0) return [`there is no metric ${metric}`];
    return selected.flatMap(({ label, values }) => {
      if (!labelsOf(metric).has(label)) return [`${metric} has no label ${label}`];
      if (values === undefined || TARGET_LABELS.includes(label)) return [];
      return values
        .split("|")
        .filter((value) => !samples.some((sample) => sample.labels[label] === value))
        .map((value) => `${metric} has no ${label}="${value}"`);
    });
  });
  const known = new Set(named.flatMap(({ metric }) => [...labelsOf(metric)]));
  return [
    ...problems,
    ...(named.length === 0 ? ["names no metric"] : []),
    ...grouped.filter((label) => !known.has(label)).map((label) => `no label ${label} to group by`),
  ];
}

test("problemsOf: finds a wrong metric, label, value and grouping", () => {
  const wrong = [
    "voice_call_total",
    'voice_calls_total{reason="a"}',
    'voice_calls_total{cause="vanished"}',
    "sum by (cause) (voice_calls_active)",
    "1",
    'up{cause="a"}',
  ];
  for (const expression of wrong) assertEquals(problemsOf(expression).length, 1, expression);
  assertEquals(problemsOf('sum by (le) (rate(voice_turn_latency_seconds_bucket{job="x"}[5m]))'), []);
});

const panels = dashboard.panels.filter(({ type }) => type !== "row");
for (const { title, targets = [] } of panels) {
  test(`the dashboard's panel "${title}": its queries name what exists`, () => {
    assert(targets.length > 0);
    for (const { expr, legendFormat } of targets) {
      assertEquals(problemsOf(expr), [], expr);
      const grouped = [...referencesOf(expr).grouped, ...TARGET_LABELS];
      for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) assert(grouped.includes(label), `the legend names ${label}`);
      assert(expr.includes('job=~"$job"') && expr.includes('instance=~"$instance"'), "it ignores the variables");
    }
  });
}

test("the dashboard: its rows, its variables, one data source for all, and no panel over another", () => {
  assertEquals(
    dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title),
    ["Calls", "What callers feel", "Model", "Failures", "Process"],
  );
  assertEquals(
    dashboard.templating.list.map(({ name, type }) => `${name} ${type}`),
    ["datasource datasource", "job query", "instance query"],
  );
  for (const { definition } of dashboard.templating.list) {
    const metric = /^label_values\((\w+)/.exec(definition ?? "")?.[1];
    assert(definition === undefined || metrics.types.has(metric ?? ""), definition);
  }
  const sources = panels.flatMap((panel) => [panel.datasource?.uid, ...(panel.targets ?? []).map(({ datasource }) => datasource.uid)]);
  assertEquals(new Set(sources), new Set(["$" + "{datasource}"]));
  assertEquals(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
  );
  assertEquals(new Set(cells).size, cells.length);
});

test("the dashboard: every metric of voice's own is on it", () => {
  const shown = new Set(
    panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => referencesOf(expr).metrics.map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, ""))),
    ),
  );
  assertEquals(
    [...metrics.types.keys()].filter((name) => name.startsWith("voice_") && !shown.has(name)),
    [],
  );
});

for (const { alert, expr, annotations } of rules) {
  test(`the alert ${alert}: its expression names what exists, and it says what is wrong`, () => {
    assertEquals(problemsOf(expr), [], expr);
    assert((annotations["summary"] ?? "").length > 20);
  });
}

test("the scrape configuration loads the alerts, and scrapes the job that they name", () => {
  const config = Bun.YAML.parse(readFileSync(join(folder, "prometheus/prometheus.yml"), "utf8")) as {
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly { readonly job_name: string }[];
  };
  assertEquals([config.rule_files, config.scrape_configs.map(({ job_name }) => job_name)], [["voice-alerts.yml"], ["voice"]]);
  assert(rules.length >= 8);
});
