import { arch, cpus, platform, release } from 'node:os';
import { machineCores, machineMemory } from '../../platform/machine/index.ts';
import type { Processes } from '../../platform/processes/index.ts';

/** The hardware and system that steps run on, as far as it can change a result. */
export interface Machine {
  os: string;
  kernel: string;
  arch: string;
  cpu: string;
  cores: number;
  memory_bytes: number;
  gpus: string[];
}

export async function describeMachine(processes: Processes): Promise<Machine> {
  const smi = await processes.run({
    argv: ['nvidia-smi', '--query-gpu=name,uuid,memory.total,driver_version', '--format=csv,noheader'],
    cwd: '/',
    env: {},
    timeout: 5000,
  });
  return {
    os: platform(),
    kernel: release(),
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: machineCores(),
    memory_bytes: machineMemory(),
    gpus:
      smi.reason === 'ok'
        ? smi.stdout
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line !== '')
        : [],
  };
}
