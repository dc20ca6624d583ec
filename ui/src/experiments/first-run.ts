/**
 * The shortest way to a first run; shown where there is none. The experiment stands in it by its id: its name is what somebody wrote, and
 * would be code where it is copied to.
 */
export const FIRST_RUN = (server: string, experiment?: string): string =>
  [
    'pip install mlflow',
    `export MLFLOW_TRACKING_URI=${server}${experiment === undefined ? '' : ` MLFLOW_EXPERIMENT_ID=${experiment}`}`,
    `python -c "import mlflow; mlflow.start_run(); [mlflow.log_metric('loss', 1/(i+1), step=i) for i in range(100)]"`,
  ].join('\n');
