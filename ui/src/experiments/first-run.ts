/** The shortest way to a first run; shown where there is none. */
export const FIRST_RUN = (server: string): string =>
  [
    'pip install mlflow',
    `export MLFLOW_TRACKING_URI=${server}`,
    `python -c "import mlflow; mlflow.start_run(); [mlflow.log_metric('loss', 1/(i+1), step=i) for i in range(100)]"`,
  ].join('\n');
