/** Grafana's own form, as far as these dashboards need it. */
interface Panel {
  title: string;
  description?: string;
  expr: string | ReadonlyArray<[expr: string, legend: string]>;
  legend?: string;
  kind?: 'timeseries' | 'stat' | 'table';
  unit?: string;
  /** A line that should not be crossed. */
  limit?: number;
  width?: number;
}

const SOURCE = { type: 'prometheus', uid: '${source}' };

function panelOf(panel: Panel, id: number, at: { x: number; y: number }): object {
  const {
    title,
    description,
    expr,
    legend = '',
    kind = 'timeseries',
    unit = 'short',
    limit,
    width = 12,
  } = panel;
  const targets = typeof expr === 'string' ? [[expr, legend] as const] : expr;
  return {
    id,
    title,
    ...(description === undefined ? {} : { description }),
    type: kind,
    datasource: SOURCE,
    gridPos: { h: kind === 'stat' ? 5 : 8, w: width, ...at },
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(limit === undefined
          ? {}
          : {
              custom: { thresholdsStyle: { mode: 'line' } },
              thresholds: {
                mode: 'absolute',
                steps: [
                  { color: 'green', value: null },
                  { color: 'red', value: limit },
                ],
              },
            }),
      },
      overrides: [],
    },
    options: kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } } : {},
    targets: targets.map(([text, name], i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource: SOURCE,
      expr: text,
      legendFormat: name,
      ...(kind === 'table' ? { format: 'table', instant: true } : {}),
    })),
  };
}

function dashboard(
  uid: string,
  title: string,
  variables: readonly string[],
  panels: readonly Panel[],
): object {
  let [x, y] = [0, 0];
  let height = 0;
  const placed = panels.map((panel, i) => {
    const width = panel.width ?? 12;
    if (x + width > 24) {
      x = 0;
      y += height;
      height = 0;
    }
    const one = panelOf(panel, i + 1, { x, y });
    x += width;
    height = Math.max(height, panel.kind === 'stat' ? 5 : 8);
    return one;
  });
  return {
    uid,
    title,
    tags: ['treadle'],
    schemaVersion: 38,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-24h', to: 'now' },
    templating: {
      list: [
        { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        ...variables.map((name) => ({
          name,
          type: 'query',
          datasource: SOURCE,
          query: { query: `label_values(treadle_endpoint_revision, ${name})`, refId: name },
          refresh: 2,
          sort: 1,
          ...(name === 'workspace'
            ? { includeAll: true, multi: true, current: { text: 'All', value: '$__all' } }
            : {}),
        })),
      ],
    },
    panels: placed,
  };
}

const REQUESTS = 'treadle_serving_requests_total';
const ONE = 'workspace=~"$workspace", endpoint="$endpoint"';
const quantile = (q: number): [string, string] => [
  `histogram_quantile(${q}, sum by (le) (rate(treadle_serving_request_duration_seconds_bucket{${ONE}}[5m])))`,
  `${q * 100} %`,
];

const fleet = dashboard('treadle-fleet', 'Treadle: all endpoints', ['workspace'], [
  { title: 'Alerts that fire', expr: 'sum(treadle_alerts_active{state="firing"}) or vector(0)', kind: 'stat', width: 6, limit: 1 },
  { title: 'Endpoints', expr: 'sum(treadle_endpoints)', kind: 'stat', width: 6 },
  { title: 'Not loadable', expr: 'sum(treadle_endpoint_unloadable) or vector(0)', kind: 'stat', width: 6, limit: 1 },
  { title: 'Monitors that do not run', expr: 'sum(treadle_monitor_overdue) or vector(0)', kind: 'stat', width: 6, limit: 1 },
  { title: 'Requests', expr: `sum by (endpoint) (rate(${REQUESTS}{workspace=~"$workspace"}[5m]))`, legend: '{{endpoint}}', unit: 'reqps' },
  { title: 'Share of failed requests', expr: 'treadle:serving_errors:ratio_rate1h', legend: '{{endpoint}}', unit: 'percentunit', limit: 0.001 },
  { title: 'Alerts by cause', expr: 'sum by (endpoint, cause) (treadle_alerts_active{workspace=~"$workspace"})', legend: '{{endpoint}}: {{cause}}' },
  { title: 'Evidence of drift', description: 'At 1 the model alarms; without a change it does once a year at most.', expr: 'treadle_model_drift_evalue{workspace=~"$workspace"}', legend: '{{endpoint}}', limit: 1 },
  { title: 'Retrains of a day, by what came of them', expr: 'sum by (loop, result) (increase(treadle_retrain_runs_total{workspace=~"$workspace"}[1d])) > 0', legend: '{{loop}}: {{result}}' },
  { title: 'Age of the versions that answer', expr: 'treadle_model_age_seconds{workspace=~"$workspace"}', legend: '{{endpoint}} (v{{version}})', unit: 's' },
  { title: 'Jobs', expr: 'sum by (state) (treadle_jobs)', legend: '{{state}}' },
  { title: 'Messages to channels', expr: 'sum by (channel, state) (treadle_channel_deliveries{state!="sent"})', legend: '{{channel}} {{state}}' },
]); // prettier-ignore

const model = dashboard('treadle-endpoint', 'Treadle: an endpoint', ['workspace', 'endpoint'], [
  { title: 'Requests by what came of them', expr: `sum by (outcome) (rate(${REQUESTS}{${ONE}}[5m]))`, legend: '{{outcome}}', unit: 'reqps' },
  { title: 'Latency', expr: [quantile(0.5), quantile(0.95), quantile(0.99)], unit: 's' },
  { title: 'Metric', description: 'Realised once outcomes are in, and estimated without them.', expr: `treadle_model_metric{${ONE}}`, legend: '{{metric}} {{kind}} (v{{version}})' },
  { title: 'Rows with an outcome', expr: `treadle_label_coverage_ratio{${ONE}}`, legend: 'v{{version}}', unit: 'percentunit' },
  { title: 'How long outcomes take', expr: `treadle_label_delay_seconds{${ONE}}`, legend: '{{quantile}}', unit: 's' },
  { title: 'Revision that answers', expr: `treadle_endpoint_revision{${ONE}}`, legend: 'revision' },
  { title: 'Requests by version', expr: `sum by (version, role) (rate(${REQUESTS}{${ONE}}[5m]))`, legend: 'v{{version}} {{role}}', unit: 'reqps' },
  { title: 'Rows of a window', expr: `treadle_monitor_window_rows{${ONE}}`, legend: 'rows' },
  { title: 'Not recorded', expr: `sum by (reason) (increase(treadle_serving_records_dropped_total{${ONE}}[5m]))`, legend: '{{reason}}' },
]); // prettier-ignore

const columns = dashboard('treadle-columns', 'Treadle: columns of an endpoint', ['workspace', 'endpoint'], [
  { title: 'Stability index', expr: `topk(10, treadle_feature_drift_score{${ONE}})`, legend: '{{feature}}', width: 24 },
  { title: 'Evidence of drift', description: 'What an alarm of the model needs is 1.', expr: `topk(10, treadle_feature_drift_evalue{${ONE}})`, legend: '{{feature}}', limit: 1, width: 24 },
  { title: 'Missing values', expr: `topk(10, treadle_feature_null_ratio{${ONE}})`, legend: '{{feature}}', unit: 'percentunit', width: 24 },
]); // prettier-ignore

/** Files of dashboards, as Grafana imports or provisions them. */
export const dashboards = (): Array<{ name: string; dashboard: object }> => [
  { name: 'fleet', dashboard: fleet },
  { name: 'endpoint', dashboard: model },
  { name: 'columns', dashboard: columns },
];
