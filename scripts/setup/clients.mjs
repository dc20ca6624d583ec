import { pythonEnvironment } from './python-environment.mjs';

/** Triton's, KServe's and MLServer's clients, and the interpreter that has them. */
export const { part: inferenceClients, python: clientsPython } = pythonEnvironment({
  name: 'inference clients',
  stamp: 'clients',
  lock: 'clients-python',
});

/** Evidently and NannyML, whose figures ours reproduce: only the campaign `drift-peers` asks for them. */
export const { part: driftPeers, python: driftPeersPython } = pythonEnvironment({
  name: 'Evidently and NannyML',
  stamp: 'drift-peers',
  lock: 'drift-peers',
});

/** DVC's own client, of the lock that the benches have: only the campaign `dvc` asks for it. */
export const { part: dvcClient, python: dvcPython } = pythonEnvironment({
  name: 'DVC',
  stamp: 'dvc-client',
  lock: 'bench-python',
});
