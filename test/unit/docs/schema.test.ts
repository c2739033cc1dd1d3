import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATALOGUE, LABEL_KEYS, ORIGIN_OPTIONS } from "../../../src/core/labels/catalogue.ts";
import { SECTIONS, TOGETHER } from "../../../tools/docs/examples.ts";
import { GRAMMAR } from "../../../tools/docs/grammar.ts";
import { composeSchema, labelsSchema, printed } from "../../../tools/docs/schema.ts";
import { decoded, workload } from "../../support/builders.ts";
import { KNOWN } from "../core/labels/known.ts";

const file = (name: string) =>
  readFileSync(resolve(import.meta.dirname, `../../../contrib/${name}`), "utf8");

const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
const labels = ajv.compile(labelsSchema());
ajv.addSchema(
  {},
  "https://raw.githubusercontent.com/compose-spec/compose-spec/main/schema/compose-spec.json",
);
const compose = ajv.compile(composeSchema());

/** A variable that Compose fills in. */
const composed = (name: string): string => `$\{${name}}`;

const HOST = { "cfauth.hostname": "app.example.com" };

it("the schemas in contrib/ match the code (npm run docs)", () => {
  expect(file("labels.schema.json")).toBe(printed(labelsSchema()));
  expect(file("compose.schema.json")).toBe(printed(composeSchema()));
});

it("the schema has every label, with its description", () => {
  expect(Object.keys(GRAMMAR)).toEqual(LABEL_KEYS);
  const { definitions } = labelsSchema() as {
    definitions: Record<string, { description: string }>;
  };
  expect(LABEL_KEYS.filter((key) => (definitions[key]?.description ?? "") === "")).toEqual([]);
});

describe("valid labels in the schema", () => {
  const examples = [
    ...Object.values(SECTIONS).map(({ example }) => example.labels),
    ...TOGETHER.map(({ example }) => example.labels),
    ...CATALOGUE.map(({ key, example }) => ({ [`cfauth.${key}`]: example })),
    ...Object.entries(ORIGIN_OPTIONS).map(([option, { example }]) => ({
      [`cfauth.origin.${option}`]: example,
    })),
  ];
  it("the schema accepts every example of docs/labels.md and of the tables", () => {
    expect(examples.filter((example) => !labels(example))).toEqual([]);
    expect(examples.length).toBeGreaterThan(50);
  });

  it.each<{ name: string; labels: Readonly<Record<string, unknown>> }>([
    {
      name: "YAML's own true and numbers",
      labels: { "cfauth.enable": true, "cfauth.port": 8080, "cfauth.origin.connectTimeout": 10 },
    },
    {
      name: "variables that Compose fills in",
      labels: {
        "cfauth.hostname": composed("HOST:?see .env"),
        "cfauth.access": composed("ACCESS"),
        "cfauth.port": "$PORT",
      },
    },
    {
      name: "quotes inside quotes",
      labels: { "cfauth.enable": '"true"', "cfauth.access": " 'public' ", "cfauth.path": '"/api"' },
    },
    {
      name: "labels of other tools",
      labels: { "traefik.enable": "true", "com.example.cfauth.acess": 1, cfauthor: "x" },
    },
    {
      name: "a hostname with umlauts, a short one and a wildcard",
      labels: { "cfauth.hostname": "büro.example.com, wiki,*.example.com" },
    },
    {
      name: "a named route",
      labels: {
        "cfauth.web.hostname": "app.example.com",
        "cfauth.my_2-api.origin.noTLSVerify": "true",
      },
    },
  ])("the schema accepts $name", ({ labels: labelSet }) => {
    expect([labels(labelSet), labels.errors]).toEqual([true, null]);
  });
});

describe("invalid labels in the schema", () => {
  const UNKNOWN =
    "acess prot Port origin.noTlsVerify access-session wait_healthy session web web.acess web.Access hostname.port colour origin.access";
  it.each(UNKNOWN.split(" "))("the schema refuses the unknown label cfauth.%s", (key) => {
    expect(labels({ ...HOST, [`cfauth.${key}`]: "x" })).toBe(false);
  });

  it.each([
    ["hostname", "https://app.example.com"],
    ["hostname", "app.example.com:80"],
    ["hostname", "app.example.com/api"],
    ["hostname", "my_app.example.com"],
    ["hostname", "my app.example.com"],
    ["hostname", `${"a".repeat(64)}.example.com`],
    ["hostname", "app-.example.com"],
    ["hostname", "app..example.com"],
    ["hostname", "app.*.example.com"],
    ["hostname", "192.168.1.20"],
    ["hostname", "Host(`app.example.com`)"],
    ["hostname", ""],
    ["hostname", "app.example.com,"],
    ["port", "http"],
    ["port", "0"],
    ["port", "65536"],
    ["port", "8080:80"],
    ["access", "authentic"],
    ["access", "Public"],
    ["access", ""],
    ["scheme", "htp"],
    ["access.session", "24"],
    ["access.session", "1 day"],
    ["access.groups", ""],
    ["access.groups", "family,,admins"],
    ["access.emails", "ann"],
    ["access.bypass", "/"],
    ["access.bypass", "hooks"],
    ["path", "api"],
    ["path", "/api/../admin"],
    ["path", "//api"],
    ["path", "/api/*"],
    ["path", "/a%20b"],
    ["wait-healthy", "no"],
    ["enable", "yes"],
    ["enable", "True"],
    ["service", "http://app:80/api"],
    ["service", "app:80"],
    ["service", "ftp://app:80"],
    ["service", "http://app:70000"],
    ["app.icon", "wiki.png"],
    ["origin.noTLSVerify", "yes"],
    ["origin.keepAliveConnections", "50s"],
    ["origin.connectTimeout", "soon"],
    ["origin.tlsTimeout", "1.5s"],
    ["origin.proxyType", "http"],
    ["origin.httpHostHeader", ""],
  ])("the schema refuses cfauth.%s: %s", (key, text) => {
    expect(labels({ ...HOST, [`cfauth.${key}`]: text })).toBe(false);
    expect(labels({ "cfauth.web.hostname": "app.example.com", [`cfauth.web.${key}`]: text })).toBe(
      false,
    );
  });
});

describe("the schema in a Compose file", () => {
  const service = (labelSet: unknown) =>
    compose({ services: { wiki: { image: "requarks/wiki:2", labels: labelSet } } });

  it.each<{ name: string; labels: unknown; right: boolean }>([
    { name: "a map", labels: HOST, right: true },
    { name: "a map with a typo", labels: { ...HOST, "cfauth.acess": "public" }, right: false },
    {
      name: "a map with an invalid value",
      labels: { ...HOST, "cfauth.access": "pubic" },
      right: false,
    },
    {
      name: "a list",
      labels: [
        "cfauth.hostname=app.example.com",
        "traefik.enable=true",
        "cfauth.web.access.groups=a=b",
        "cfauth.enable",
      ],
      right: true,
    },
    {
      name: "a list with a typo",
      labels: ["cfauth.hostname=app.example.com", "cfauth.acess=public"],
      right: false,
    },
    { name: "no labels", labels: undefined, right: true },
  ])(
    "the schema of a Compose file accepts labels as $name: $right",
    ({ labels: labelSet, right }) => {
      expect(service(labelSet)).toBe(right);
    },
  );
});

describe("whatever cfauth accepts", () => {
  const FIT: Readonly<Record<string, readonly string[]>> = {
    hostname: [
      "*.a.example.com",
      "wiki",
      "BÜRO.example.com.",
      "a.example.com ,b",
      "a-b.example.com",
      "%61.example.com",
    ],
    port: ["00080", "65535"],
    service: [
      "http_status:404",
      "unix:/run/x.sock",
      "bastion",
      "tcp://db:65535",
      "https://app",
      "http://[fd00::1]:80",
    ],
    "origin.caPool": ["/etc/ssl/home-ca.pem"],
    path: ["/", "//", "/api//", "/a.b/..c/.d", "/@~+:_-"],
    "access.session": ["1h30m", "90s", "30d"],
    "access.groups": ["home users,admins", " family , admins "],
    "access.emails": ["@example.org, ÄNN+x@example.com"],
    "access.bypass": ["/hooks/ , /a/b//"],
    "access.service-tokens": ["any"],
    "app.icon": ["fa://fa-book"],
    "app.name": ["7", "$5", "a,b", "  x  "],
  };
  const texts = (key: string) => [
    ...(FIT[key] ?? []),
    ...CATALOGUE.filter((row) => row.key === key).map(({ example }) => example),
    ...(key.startsWith("origin.")
      ? ["true", "false", "10", "007", "1m30s", "socks", "x y", "90s"]
      : []),
  ];
  const odd = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."abAé.-_*/:@%,\"' \n\t01"), maxLength: 12 }),
  );
  const one = fc
    .constantFrom(...LABEL_KEYS)
    .chain((key) =>
      fc.tuple(
        fc.constant(key),
        fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom(...texts(key)) },
          { weight: 3, arbitrary: odd },
        ),
      ),
    );
  const quotes = fc.constantFrom("", "", '"', "'", " ", "\n");

  /** Undefined if cfauth does not accept it. */
  function accepts(key: string, text: string, route = ""): boolean | undefined {
    const labelSet = {
      [`cfauth.${route}hostname`]: "app.example.com",
      [`cfauth.${route}${key}`]: text,
    };
    const { exposures } = decoded([workload(labelSet)], {
      lookups: KNOWN,
      allowService: true,
      caPools: ["/etc/ssl/home-ca.pem"],
    });
    return exposures.length === 0 ? undefined : labels(labelSet);
  }

  it.each(LABEL_KEYS)("the schema accepts every value of %s that cfauth accepts", (key) => {
    const answers = texts(key).map((text) => accepts(key, text));
    expect(answers).not.toContain(false);
    expect(answers).toContain(true);
  });

  it("the schema accepts random labels that cfauth accepts", () => {
    fc.assert(
      fc.property(
        one,
        quotes,
        fc.constantFrom("", "web.", "Web_2-x."),
        ([key, text], quote, route) => accepts(key, `${quote}${text}${quote}`, route) !== false,
      ),
      { numRuns: 2_000 },
    );
  });
});
