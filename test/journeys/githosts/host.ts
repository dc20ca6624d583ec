import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * A Git host as its documented API has it: commit statuses and comments of Gitea (https://docs.gitea.com/api) or of GitHub, there with
 * deployments (https://docs.github.com/rest), and real Git over HTTP by git's own http-backend. What it was asked is kept, so that a test says what nobody asked, too.
 */
export class RecordedHost {
  readonly statuses: Array<{ commit: string; state: string; description: string; target_url?: string }> = [];
  readonly comments: Array<{ id: number; pull: number; body: string }> = [];
  readonly deployments: Array<{ id: number; ref: string; environment: string; states: string[] }> = [];
  /** Pull requests by the commit that their merge made. */
  readonly merges = new Map<
    string,
    { number: number; merged_by: string; author: string; merged_at: string; base: string }
  >();
  readonly calls: string[] = [];
  /** What is asked for without the token, or elsewhere. */
  readonly refused: string[] = [];
  readonly #server = createServer((asked, answer) => void this.#answer(asked, answer));
  readonly #root: string;
  readonly #token: string;

  readonly #kind: 'gitea' | 'github';

  /** `root` holds the bare repositories. */
  constructor(root: string, token: string, kind: 'gitea' | 'github' = 'gitea') {
    this.#root = root;
    this.#token = token;
    this.#kind = kind;
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(asked.url ?? '/', this.url);
    const shown = asked.headers.authorization;
    const basic = `Basic ${Buffer.from(`x-access-token:${this.#token}`).toString('base64')}`;
    const bearer = `${this.#kind === 'github' ? 'Bearer' : 'token'} ${this.#token}`;
    if (shown !== bearer && shown !== basic) {
      this.refused.push(pathname);
      answer.writeHead(401).end();
      return;
    }
    if (/\.git\//.test(pathname)) return this.#git(asked, answer, pathname, search.slice(1));
    const call = `${asked.method} ${pathname.replace(this.#kind === 'github' ? /^\/api\/v3\/repos\/team\/churn/ : /^\/api\/v1\/repos\/team\/churn/, '')}`;
    this.calls.push(call.replace(/[0-9a-f]{40}/, 'SHA'));
    const body = (await buffer(asked)).toString();
    const reply = this.#api(call, body === '' ? {} : (JSON.parse(body) as Record<string, string>));
    answer.writeHead(reply ? (asked.method === 'POST' ? 201 : 200) : 404, {
      'content-type': 'application/json',
    });
    answer.end(JSON.stringify(reply ?? {}));
  }

  #api(call: string, body: Record<string, string>): unknown {
    if (call === 'GET ') return { full_name: 'team/churn', permissions: { push: true } };
    const [, merged] = /^GET \/commits\/([0-9a-f]{40})\/pulls?$/.exec(call) ?? [];
    const known = merged === undefined ? undefined : this.merges.get(merged);
    if (merged !== undefined) {
      if (this.#kind === 'github') return known ? [{ number: known.number }] : [];
      return known && pullOf(merged, known);
    }
    const [, number] = /^GET \/pulls\/(\d+)$/.exec(call) ?? [];
    const found = [...this.merges].find(([, one]) => one.number === Number(number));
    if (found) return pullOf(...found);
    const [, commit] = /^POST \/statuses\/([0-9a-f]{40})$/.exec(call) ?? [];
    if (commit !== undefined) {
      const { state = '', description = '', target_url, context } = body;
      if (context !== 'treadle/churn') return undefined;
      this.statuses.push({ commit, state, description, ...(target_url === undefined ? {} : { target_url }) });
      return body;
    }
    const [, verb, pull] = /^(GET|POST) \/issues\/(\d+)\/comments$/.exec(call) ?? [];
    if (verb === 'GET') return this.comments.filter((one) => one.pull === Number(pull));
    if (verb === 'POST') {
      const made = { id: this.comments.length + 100, pull: Number(pull), body: body['body'] ?? '' };
      this.comments.push(made);
      return made;
    }
    if (this.#kind === 'github') {
      if (call === 'POST /deployments') {
        const { ref = '', environment = '' } = body;
        const made = { id: this.deployments.length + 1, ref, environment, states: [] };
        this.deployments.push(made);
        return made;
      }
      const [, deployment] = /^POST \/deployments\/(\d+)\/statuses$/.exec(call) ?? [];
      const of = this.deployments.find((one) => one.id === Number(deployment));
      of?.states.push(body['state'] ?? '');
      if (of) return {};
    }
    const [, id] = /^PATCH \/issues\/comments\/(\d+)$/.exec(call) ?? [];
    const comment = this.comments.find((one) => one.id === Number(id));
    if (comment) comment.body = body['body'] ?? '';
    return comment;
  }

  #git(asked: IncomingMessage, answer: ServerResponse, pathname: string, query: string): void {
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: this.#root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: asked.method,
        PATH_INFO: pathname,
        QUERY_STRING: query,
        CONTENT_TYPE: asked.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: asked.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: asked.headers['git-protocol']?.toString() ?? '',
      },
    });
    asked.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    void buffer(child.stdout).then((said) => {
      const end = said.indexOf('\r\n\r\n');
      const headers = said
        .toString('latin1', 0, end)
        .split('\r\n')
        .map((line) => line.split(': ') as [string, string]);
      const status = Number(headers.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
      answer.writeHead(status, Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
      answer.end(said.subarray(end + 4));
    });
  }
}

/** As GitHub and Gitea tell of a merged pull request. */
const pullOf = (
  commit: string,
  one: { number: number; merged_by: string; author: string; merged_at: string; base: string },
): object => ({
  number: one.number,
  merged: true,
  merged_at: one.merged_at,
  merge_commit_sha: commit,
  merged_by: { login: one.merged_by },
  user: { login: one.author },
  base: { ref: one.base },
});
