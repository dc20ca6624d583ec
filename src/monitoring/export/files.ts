import { stringify } from 'yaml';
import { dashboards } from './dashboards.ts';
import { RUNBOOK, ruleGroups } from './rules.ts';

export interface ExportedFile {
  path: string;
  text: string;
}

/** What Prometheus, Alertmanager and Grafana take: rules, dashboards, and how each is told of the others. */
export function exportedFiles({
  target = '127.0.0.1:5000',
  runbook = RUNBOOK,
}: { target?: string; runbook?: string } = {}): ExportedFile[] {
  const yaml = (value: unknown): string => stringify(value, { lineWidth: 0 });
  return [
    { path: 'prometheus/treadle.rules.yml', text: yaml({ groups: ruleGroups(runbook) }) },
    {
      path: 'prometheus/prometheus.yml',
      text: `# Where the server asks for a token, a viewer's: authorization: { credentials_file: /etc/prometheus/treadle-token }\n${yaml(
        {
          global: { scrape_interval: '30s', evaluation_interval: '30s' },
          rule_files: ['treadle.rules.yml'],
          scrape_configs: [{ job_name: 'treadle', static_configs: [{ targets: [target] }] }],
          alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
        },
      )}`,
    },
    {
      path: 'alertmanager/alertmanager.yml',
      text: `# Alerts of Prometheus become alerts of Treadle, too: those that name one of its endpoints.\n${yaml(
        {
          route: {
            receiver: 'treadle',
            group_by: ['workspace', 'endpoint', 'cause'],
            group_wait: '30s',
            group_interval: '5m',
            repeat_interval: '4h',
          },
          receivers: [
            {
              name: 'treadle',
              webhook_configs: [
                { url: `http://${target}/api/v1/alerts/alertmanager`, send_resolved: true, max_alerts: 100 },
              ],
            },
          ],
          inhibit_rules: [
            {
              source_matchers: ['alertname="TreadleAbsent"'],
              target_matchers: ['alertname=~"Treadle.+"', 'alertname!="TreadleAbsent"'],
            },
          ],
        },
      )}`,
    },
    ...dashboards().map(({ name, dashboard }) => ({
      path: `grafana/${name}.json`,
      text: `${JSON.stringify(dashboard, null, 2)}\n`,
    })),
  ];
}
