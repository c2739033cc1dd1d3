import { describe, expect, it } from "vitest";
import { application } from "../testing/world.ts";
import { applicationFor } from "./application.ts";

const covering = (uris: readonly string[], name: string, path = "/"): string | undefined =>
  applicationFor(
    uris.map((uri) => application(uri, [])),
    name,
    path,
  )?.name;

describe("coverage of applications", () => {
  it.each([
    {
      name: "of a host covers every path",
      uri: "app.example.com",
      host: "app.example.com",
      path: "/x/y",
      covers: true,
    },
    {
      name: "of a host does not cover its children",
      uri: "example.com",
      host: "app.example.com",
      path: "/",
      covers: false,
    },
    {
      name: "of a wildcard covers one label",
      uri: "*.example.com",
      host: "a.example.com",
      path: "/",
      covers: true,
    },
    {
      name: "of a wildcard does not cover two labels",
      uri: "*.example.com",
      host: "a.b.example.com",
      path: "/",
      covers: false,
    },
    {
      name: "of a wildcard does not cover the name above",
      uri: "*.example.com",
      host: "example.com",
      path: "/",
      covers: false,
    },
    {
      name: "of a partial wildcard covers the bare name",
      uri: "*test.example.com",
      host: "test.example.com",
      path: "/",
      covers: true,
    },
    {
      name: "of a path covers the path",
      uri: "h.example.com/p",
      host: "h.example.com",
      path: "/p",
      covers: true,
    },
    {
      name: "of a path covers everything below",
      uri: "h.example.com/p",
      host: "h.example.com",
      path: "/p/q",
      covers: true,
    },
    {
      name: "of a path does not cover a longer name",
      uri: "h.example.com/p",
      host: "h.example.com",
      path: "/pq",
      covers: false,
    },
    {
      name: "of /p/* does not cover /p itself",
      uri: "h.example.com/p/*",
      host: "h.example.com",
      path: "/p",
      covers: false,
    },
    {
      name: "of /p/* covers everything below",
      uri: "h.example.com/p/*",
      host: "h.example.com",
      path: "/p/q",
      covers: true,
    },
    {
      name: "of /* covers the root",
      uri: "h.example.com/*",
      host: "h.example.com",
      path: "/",
      covers: true,
    },
    {
      name: "with an asterisk in the middle spans segments",
      uri: "h.example.com/foo*/bar",
      host: "h.example.com",
      path: "/food/stuff/bar",
      covers: true,
    },
  ])("an application $name", ({ uri, host, path, covers }) => {
    expect(covering([uri], host, path) !== undefined).toBe(covers);
  });

  it("an application of the exact host wins over a wildcard, even one with a path", () => {
    expect(covering(["*.example.com/p", "a.example.com"], "a.example.com", "/p")).toBe(
      "a.example.com",
    );
  });

  it("an application of the longer path wins, whatever the order", () => {
    expect(
      covering(
        ["h.example.com", "h.example.com/p/q", "h.example.com/p"],
        "h.example.com",
        "/p/q/r",
      ),
    ).toBe("h.example.com/p/q");
  });

  it("an application covers all of its destinations", () => {
    const two = application("a.example.com", [], {
      destinations: [
        { type: "public", uri: "a.example.com" },
        { type: "public", uri: "b.example.com" },
      ],
    });
    expect(applicationFor([two], "b.example.com", "/")).toBe(two);
  });

  it("an application of a kind that protects no hostname covers nothing", () => {
    expect(
      applicationFor(
        [application("a.example.com", [], { type: "bookmark" })],
        "a.example.com",
        "/",
      ),
    ).toBeUndefined();
  });
});
