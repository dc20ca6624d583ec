/** One rule of Prometheus: an alert, or a figure that is kept. */
export type PrometheusRule =
  | {
      alert: string;
      expr: string;
      for?: string;
      labels: Record<string, string>;
      annotations: { summary: string; description: string; runbook_url: string };
    }
  | { record: string; expr: string };

export interface RuleGroup {
  name: string;
  rules: PrometheusRule[];
}

/** A page of this repository; who has another one says so. */
export const RUNBOOK = 'docs/alerts.md';

const alert = (
  name: string,
  severity: 'page' | 'ticket',
  expr: string,
  wait: string,
  [summary, description]: [string, string],
  labels: Record<string, string> = {},
): Extract<PrometheusRule, { alert: string }> => ({
  alert: name,
  expr,
  for: wait,
  labels: { severity, ...labels },
  annotations: { summary, description, runbook_url: `#${name.toLowerCase()}` },
});

const REQUESTS = 'treadle_serving_requests_total';
const WINDOWS = ['5m', '30m', '1h', '6h', '3d'] as const;
const ratio = (window: string): string => `treadle:serving_errors:ratio_rate${window}`;
/** Of a thousand answers one may fail. */
const BUDGET = 0.001;
const burns = (factor: number, long: string, short: string): string =>
  `${ratio(long)} > ${Number((factor * BUDGET).toPrecision(6))} and ${ratio(short)} > ${Number((factor * BUDGET).toPrecision(6))}`;

/**
 * What Prometheus watches from outside: what a server cannot say of itself when it stands still, and budgets that burn. In the syntax of 2.42 and 3
 * alike: no names in UTF-8, no functions of native histograms, durations of one unit.
 */
const groups = (): RuleGroup[] => [
  {
    name: 'treadle-serving-ratios',
    rules: WINDOWS.map((window) => ({
      record: ratio(window),
      expr: `sum by (workspace, endpoint) (rate(${REQUESTS}{outcome="error"}[${window}])) / (sum by (workspace, endpoint) (rate(${REQUESTS}[${window}])) > 0)`,
    })),
  },
  {
    name: 'treadle-serving',
    rules: [
      alert('TreadleAbsent', 'page', 'absent(treadle_build_info)', '5m', [
        'No Treadle server is scraped',
        'The server does not answer, or Prometheus is not allowed to ask it (it needs a token of a viewer).',
      ]),
      alert(
        'TreadleInferenceShut',
        'page',
        'treadle_inference_listening == 0 and on () sum(treadle_endpoint_unloadable) > 0',
        '2m',
        [
          'No process answers for models',
          'Endpoints are live and the port of the inference protocols is shut: treadle doctor says why.',
        ],
      ),
      alert('TreadleUnloadable', 'page', 'treadle_endpoint_unloadable > 0', '2m', [
        'The live revision of {{ $labels.endpoint }} cannot be loaded',
        'Callers get no answer from it, or will not after the next start. treadle endpoints {{ $labels.endpoint }} says why and what to do.',
      ]),
      alert('TreadleErrorBudgetFast', 'page', burns(14.4, '1h', '5m'), '1m', [
        'Errors of {{ $labels.endpoint }} burn a month’s budget in two days',
        'More than {{ $value | humanizePercentage }} of the requests of the last hour failed. To go back: treadle rollback {{ $labels.endpoint }}.',
      ]),
      alert('TreadleErrorBudgetMedium', 'page', burns(6, '6h', '30m'), '5m', [
        'Errors of {{ $labels.endpoint }} burn a month’s budget in five days',
        '{{ $value | humanizePercentage }} of the requests of the last six hours failed.',
      ]),
      alert('TreadleErrorBudgetSlow', 'ticket', burns(1, '3d', '6h'), '1h', [
        'Errors of {{ $labels.endpoint }} use up its budget',
        '{{ $value | humanizePercentage }} of the requests of the last three days failed.',
      ]),
      alert(
        'TreadleRecordsDropped',
        'ticket',
        'sum by (workspace, endpoint) (increase(treadle_serving_records_dropped_total[15m])) > 0',
        '5m',
        [
          'Predictions of {{ $labels.endpoint }} are answered and not recorded',
          'Monitoring sees less than was answered.',
        ],
      ),
    ],
  },
  {
    name: 'treadle-monitoring',
    rules: [
      alert('TreadleMonitorOverdue', 'ticket', 'treadle_monitor_overdue > 0', '10m', [
        'Nobody looks at {{ $labels.endpoint }}',
        'A window should have been looked at and was not: the jobs of the server do not run, or do not get to it.',
      ]),
      alert(
        'TreadleNoTraffic',
        'ticket',
        `sum by (workspace, endpoint) (rate(${REQUESTS}[1h])) == 0 and sum by (workspace, endpoint) (rate(${REQUESTS}[1d] offset 1h)) > 0`,
        '1h',
        [
          'Nobody asks {{ $labels.endpoint }} any more',
          'It was asked in the day before, and not once in the last hour.',
        ],
      ),
      alert(
        'TreadleNoOutcomes',
        'ticket',
        'treadle_label_coverage_ratio == 0 and max_over_time(treadle_label_coverage_ratio[7d]) > 0',
        '1h',
        [
          'Outcomes of {{ $labels.endpoint }} have stopped',
          'The newest window whose outcomes were waited for has none; the ones before had some.',
        ],
      ),
      alert(
        'TreadleRetrainFails',
        'ticket',
        'sum by (workspace, loop) (increase(treadle_retrain_runs_total{result="failed"}[1d])) > 0 and sum by (workspace, loop) (increase(treadle_retrain_runs_total{result=~"promoted|trained|no_op"}[1d])) == 0',
        '10m',
        [
          'Retraining by {{ $labels.loop }} fails',
          'A turn of the last day failed, and none went through: treadle loop history {{ $labels.loop }} says why.',
        ],
      ),
      alert(
        'TreadleAlert',
        'page',
        'sum by (workspace, endpoint, cause) (treadle_alerts_active{state="firing", severity="page"}) > 0',
        '1m',
        [
          '{{ $labels.endpoint }}: {{ $labels.cause }}',
          'An alert of the server fires. treadle alerts shows it with its report.',
        ],
        { origin: 'treadle' },
      ),
      alert(
        'TreadleTicket',
        'ticket',
        'sum by (workspace, endpoint, cause) (treadle_alerts_active{state="firing", severity="ticket"}) > 0',
        '1m',
        [
          '{{ $labels.endpoint }}: {{ $labels.cause }}',
          'An alert of the server fires. treadle alerts shows it with its report.',
        ],
        { origin: 'treadle' },
      ),
      alert(
        'TreadleUndelivered',
        'ticket',
        'sum by (workspace, channel) (treadle_channel_deliveries{state="dead"}) > 0',
        '5m',
        [
          'Messages to {{ $labels.channel }} were given up',
          'treadle channel deliveries --dead says why; treadle channel resend sends one again.',
        ],
      ),
    ],
  },
];

/** The groups, with runbooks at an address. */
export const ruleGroups = (runbook = RUNBOOK): RuleGroup[] =>
  groups().map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) =>
      'record' in rule
        ? rule
        : {
            ...rule,
            annotations: { ...rule.annotations, runbook_url: `${runbook}${rule.annotations.runbook_url}` },
          },
    ),
  }));
