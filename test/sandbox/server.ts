import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, Call } from "./call.ts";
import type { Contract } from "./contract.ts";
import type { LiveControls } from "./controls.ts";
import { type Answer, findRoute, type Request, type Route } from "./routes.ts";

export interface ServerOptions {
  readonly api: Api;
  /** The prefix of every path of the API: `/client/v4`. */
  readonly base: string;
  readonly controls: LiveControls;
  /** The first match answers, so fixed names come before parameters. */
  readonly routes: readonly Route[];
  readonly contract?: Contract | undefined;
  /** Runs before any route. If it answers (no token, rate limit), no route runs. */
  readonly guard?: (request: Request) => Answer | undefined;
  /** Headers of every answer, including those of faults. */
  readonly headers?: () => Readonly<Record<string, string>>;
  readonly notFound: (call: Call) => Answer;
  /** The answer for an error that a route throws; `undefined` for an error of the sandbox itself. */
  readonly refusal: (error: unknown) => Answer | undefined;
  /** Serves paths outside `base`, without journal, faults and hooks. */
  readonly elsewhere?: (request: IncomingMessage, response: ServerResponse) => void;
  /** 0 or absent: any free port. */
  readonly port?: number | undefined;
}

export interface RunningServer {
  /** `http://127.0.0.1:<port>`, without the base. */
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** Thrown for a body that is not JSON; `refusal` turns it into the vendor's answer. */
export class BadJson extends Error {}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer((incoming, response) => void serve(options, incoming, response));
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

async function serve(
  options: ServerOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://sandbox");
  if (!below(options.base, url.pathname)) {
    if (options.elsewhere) return options.elsewhere(incoming, response);
    return send(response, { status: 404 });
  }
  const text = await bodyText(incoming);
  if (text === undefined) return;
  const call = options.controls.begin({
    api: options.api,
    method: incoming.method ?? "GET",
    path: url.pathname.slice(options.base.length) || "/",
    query: url.searchParams,
    body: parsed(text),
  });
  const answer = await outcome(options, call, incoming.headers).catch((error: unknown) =>
    crash(options, call, error),
  );
  if (answer === "hang") return;
  if (answer === "cut") {
    call.status = 0;
    response.destroy();
    return;
  }
  call.status = answer.status;
  send(response, { ...answer, headers: { ...options.headers?.(), ...answer.headers } });
}

/** Hook "before", fault, effect, hook "after": the order that call.ts promises. */
async function outcome(
  options: ServerOptions,
  call: Call,
  headers: IncomingMessage["headers"],
): Promise<Answer | "cut" | "hang"> {
  const { controls, contract } = options;
  await controls.reach(call, "before");
  controls.violate(contract?.request(call) ?? []);
  const fault = controls.faultFor(call);
  if (fault?.kind === "status") return fault;
  if (fault?.kind === "hang") return "hang";
  if (fault?.kind === "reset" && fault.when === "before") return "cut";
  if (fault?.kind === "delay") await sleep(fault.ms, undefined, { ref: false });
  const answer = await effect(options, call, headers);
  controls.violate(contract?.answer(call, answer) ?? []);
  await controls.reach(call, "after");
  return fault?.kind === "reset" ? "cut" : answer;
}

async function effect(
  options: ServerOptions,
  call: Call,
  headers: IncomingMessage["headers"],
): Promise<Answer> {
  const match = findRoute(options.routes, call.method, call.path);
  const request: Request = { call, params: match?.params ?? {}, headers };
  try {
    const refused = options.guard?.(request);
    if (refused) return refused;
    if (!match) return options.notFound(call);
    if (call.body instanceof BadJson) throw call.body;
    return await match.route.answer(request);
  } catch (error) {
    return options.refusal(error) ?? crash(options, call, error);
  }
}

/** An error in the sandbox or in a hook must fail the test, not look like an error of the vendor. */
function crash({ api, controls }: ServerOptions, call: Call, error: unknown): Answer {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  controls.violate([`sandbox ${api} ${call.method} ${call.path}: ${reason}`]);
  return { status: 500, body: { sandbox: reason } };
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

/** `undefined` if the client disconnected before the body was complete. */
async function bodyText(incoming: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    return new BadJson("the body is not JSON", { cause: error });
  }
}

function below(base: string, pathname: string): boolean {
  return base === "" || pathname === base || pathname.startsWith(`${base}/`);
}
