import { tryParseJson } from "../../core/text/json.ts";
import {
  type Entries,
  type Excerpt,
  ExcerptReader,
  type Keep,
  MAX_SCALAR_BYTES,
  type Weight,
} from "../excerpt.ts";
import { largerThan } from "../limited.ts";
import {
  MAX_CONTAINER_COST,
  MAX_CONTAINER_LIST_BYTES,
  MAX_CONTAINERS_COST,
  MAX_LABEL_JSON_BYTES,
  MIN_CONTAINER_COST,
} from "../limits.ts";

/** Decides by name which labels are kept if a container has too many. */
export type WeighLabel = (name: string) => Weight;

/**
 * The maximum for one container's excerpt: the budgets of its labels and ports, and what is always
 * kept.
 */
const MAX_EXCERPT_BYTES = 4 * 1024 * 1024;

/** The length of the short id, which Docker's DNS resolves. */
const SHORT_ID = 12;

const fields = (names: Readonly<Record<string, Keep>>): Keep => ({ kind: "fields", fields: names });

/** Entries of these maps and lists are at most as long as one scalar. */
const entries = (name: string, of: Keep, weigh: Entries["weigh"]): Keep => ({
  kind: "entries",
  name,
  of,
  weigh,
  maxBytes: MAX_SCALAR_BYTES,
});

/**
 * Names that other containers gave it (`--link`) have two slashes. Another container can create any
 * number of them.
 */
const weighName = (json: string): Weight => (json.lastIndexOf("/") <= 1 ? "always" : "spare");

/** Routes lead to TCP ports. Telephony containers publish UDP ports by the ten thousand. */
const weighPort = (json: string): Weight => (json.includes('"Type":"tcp"') ? "first" : "spare");

/**
 * Which parts of a container in the response to GET /containers/json are kept. All its names and
 * networks are kept, because they show with which other containers it could be confused. They are
 * few: a container has one name, and each network needs a kernel interface.
 */
const containerRule = (weighLabel: WeighLabel): Keep =>
  fields({
    Id: "scalar",
    Names: entries("Names", "scalar", weighName),
    ImageID: "scalar",
    Created: "scalar",
    State: "scalar",
    Status: "scalar",
    Labels: {
      kind: "entries",
      name: "Labels",
      of: "scalar",
      weigh: weighLabel,
      maxBytes: MAX_LABEL_JSON_BYTES,
    },
    Ports: entries(
      "Ports",
      fields({ IP: "scalar", PrivatePort: "scalar", PublicPort: "scalar", Type: "scalar" }),
      weighPort,
    ),
    NetworkSettings: fields({
      Networks: entries("Networks", fields({ IPAddress: "scalar" }), () => "always"),
    }),
    Health: fields({ Status: "scalar" }),
  });

/**
 * Reads the engine's list of containers as a stream. Fields that cfauth does not use are left out.
 * If a container exceeds its limit, the excess is left out too, and its field `Unread`, which no
 * engine sends, says how much.
 *
 * @returns the list, not yet validated
 * @throws {BeyondLimit} if even the excerpt of the list is too large
 * @throws {NoList} if the response is no list or is incomplete
 */
export async function readContainerList(
  stream: AsyncIterable<Uint8Array>,
  weighLabel: WeighLabel,
): Promise<readonly unknown[]> {
  const containers = new Containers(containerRule(weighLabel));
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > MAX_CONTAINER_LIST_BYTES) throw largerThan(MAX_CONTAINER_LIST_BYTES, "bytes");
    containers.write(chunk);
  }
  return containers.end().map(parseExcerpt);
}

/** Collects the excerpts of a list within their common limit. */
class Containers {
  readonly #rule: Keep;
  readonly #reader: ExcerptReader;
  #budget = MAX_CONTAINER_COST;
  #excerpts: Excerpt[] = [];
  #cost = 0;

  constructor(rule: Keep) {
    this.#rule = rule;
    this.#reader = this.#readerInto((excerpt) => {
      this.#excerpts.push(excerpt);
      this.#cost += excerpt.cost;
      while (this.#cost > MAX_CONTAINERS_COST) this.#shrink();
    });
  }

  write(chunk: Uint8Array): void {
    this.#reader.write(chunk);
  }

  end(): readonly Excerpt[] {
    this.#reader.end();
    return this.#excerpts;
  }

  /** Halves the budget of each container. Only containers above the new budget lose anything. */
  #shrink(): void {
    this.#budget /= 2;
    if (this.#budget < MIN_CONTAINER_COST) throw largerThan(MAX_CONTAINERS_COST, "bytes");
    this.#excerpts = this.#excerpts.map((excerpt) =>
      excerpt.cost > this.#budget ? this.#shorten(excerpt) : excerpt,
    );
    this.#cost = this.#excerpts.reduce((sum, { cost }) => sum + cost, 0);
  }

  #shorten(excerpt: Excerpt): Excerpt {
    let shortened = excerpt;
    const reader = this.#readerInto((shorter) => {
      shortened = { ...shorter, unread: addCounts(excerpt.unread, shorter.unread) };
    });
    for (const part of ["[", excerpt.text, "]"]) reader.write(Buffer.from(part));
    return shortened;
  }

  #readerInto(onItem: (excerpt: Excerpt) => void): ExcerptReader {
    return new ExcerptReader({
      item: this.#rule,
      budget: () => this.#budget,
      maxBytes: MAX_EXCERPT_BYTES,
      onItem,
    });
  }
}

const addCounts = (a: Excerpt["unread"], b: Excerpt["unread"]): Excerpt["unread"] =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((name) => [
      name,
      (a.get(name) ?? 0) + (b.get(name) ?? 0),
    ]),
  );

function parseExcerpt({ text, unread }: Excerpt): unknown {
  const container = tryParseJson(text.toString("utf8"));
  if (unread.size === 0 || typeof container !== "object" || container === null) return container;
  const { Id, Names } = container as { readonly Id?: unknown; readonly Names?: unknown };
  const isNameless = unread.has("Names") && Array.isArray(Names) && Names.length === 0;
  return {
    ...container,
    // Docker's DNS also resolves the short id, and it resolves no name that is this long.
    ...(isNameless && { Names: [`/${String(Id).slice(0, SHORT_ID)}`] }),
    Unread: Object.fromEntries(unread),
  };
}
