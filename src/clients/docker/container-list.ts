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

/** What a container's label counts for, by its name, where not all of them can be kept. */
export type WeighLabel = (name: string) => Weight;

/** The excerpt of one container is no longer than this: the budgets of its labels and ports, and what is always kept. */
const MAX_EXCERPT_BYTES = 4 * 1024 * 1024;

/** Characters of a container's id by which Docker's DNS knows it. */
const SHORT_ID = 12;

const fields = (names: Readonly<Record<string, Keep>>): Keep => ({ kind: "fields", fields: names });

/** An entry cannot be longer than a name is, or what is made of scalars. */
const entries = (name: string, of: Keep, weigh: Entries["weigh"]): Keep => ({
  kind: "entries",
  name,
  of,
  weigh,
  maxBytes: MAX_SCALAR_BYTES,
});

/** Names that other containers gave it (`--link`) have two slashes: they could be as many as another container likes. */
const weighName = (json: string): Weight => (json.lastIndexOf("/") <= 1 ? "always" : "spare");

/** A route leads to a TCP port. Other ports are published by the ten thousand, for telephony. */
const weighPort = (json: string): Weight => (json.includes('"Type":"tcp"') ? "first" : "spare");

/**
 * What is kept of a container in the answer to GET /containers/json. All its names and networks are kept, for they say which other
 * containers it could be taken for; a container has one name and an interface of the kernel for each network.
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
 * Reads the engine's list of containers as a stream. What cfauth does not read is left out, and so is what one container has beyond
 * its limit: its field `Unread`, which no engine sends, then says how much.
 *
 * @returns the list, for a schema
 * @throws {BeyondLimit} where even the excerpt of the whole list is too large
 * @throws {NoList} where the answer is no list, or breaks off
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
  return containers.end().map(parsed);
}

/** The excerpts of a list, within the limit for all of them. */
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

  /** Halves what each container may keep, which only those with more of it notice. */
  #shrink(): void {
    this.#budget /= 2;
    if (this.#budget < MIN_CONTAINER_COST) throw largerThan(MAX_CONTAINERS_COST, "bytes");
    this.#excerpts = this.#excerpts.map((excerpt) =>
      excerpt.cost > this.#budget ? this.#shortened(excerpt) : excerpt,
    );
    this.#cost = this.#excerpts.reduce((sum, { cost }) => sum + cost, 0);
  }

  #shortened(excerpt: Excerpt): Excerpt {
    let shortened = excerpt;
    const reader = this.#readerInto((shorter) => {
      shortened = { ...shorter, unread: sum(excerpt.unread, shorter.unread) };
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

const sum = (a: Excerpt["unread"], b: Excerpt["unread"]): Excerpt["unread"] =>
  new Map(
    [...new Set([...a.keys(), ...b.keys()])].map((name) => [
      name,
      (a.get(name) ?? 0) + (b.get(name) ?? 0),
    ]),
  );

function parsed({ text, unread }: Excerpt): unknown {
  const container = tryParseJson(text.toString("utf8"));
  if (unread.size === 0 || typeof container !== "object" || container === null) return container;
  const { Id, Names } = container as { readonly Id?: unknown; readonly Names?: unknown };
  const isNameless = unread.has("Names") && Array.isArray(Names) && Names.length === 0;
  return {
    ...container,
    // Docker's DNS knows it by this as well, and by no name that is so long.
    ...(isNameless && { Names: [`/${String(Id).slice(0, SHORT_ID)}`] }),
    Unread: Object.fromEntries(unread),
  };
}
