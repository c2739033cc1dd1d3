import type { Hostname } from "../../core/domain/hostname.ts";
import type { CrudChange } from "../contract/change.ts";
import type { Mine } from "../contract/owned.ts";

export interface ObservedDnsRecords {
  /** The zones that cfauth may use. */
  readonly zones: readonly Zone[];
  /**
   * Names of the zones that the token can see and CFAUTH_ZONES excludes. Their hostnames do not
   * belong to a parent zone.
   */
  readonly excludedZones: readonly string[];
  readonly mine: ReadonlyMap<Hostname, Mine<DnsRecord>>;
  /** Foreign address records (A, AAAA, CNAME, NS), by name. */
  readonly theirs: ReadonlyMap<string, readonly [ForeignRecord, ...ForeignRecord[]]>;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
}

export interface DnsRecord {
  readonly id: string;
  readonly zone: string;
  readonly name: Hostname;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

export interface ForeignRecord {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly content: string;
}

/** The desired state of a record of ours: a proxied CNAME to the tunnel. */
export interface DesiredRecord {
  readonly zone: string;
  readonly name: Hostname;
  readonly content: string;
  readonly comment: string;
}

export type DnsRecordChange =
  | CrudChange<"dns", Mine<DnsRecord>, DesiredRecord>
  /** Replaces foreign records, all in one transaction. Only if a label asks to adopt. */
  | {
      readonly kind: "dns";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly foreign: readonly ForeignRecord[];
      readonly desired: DesiredRecord;
      readonly takes: string;
    };
