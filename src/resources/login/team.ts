/** The team name in cloudflared's check: the first label of the team domain. */
export const teamOf = (teamDomain: string): string => teamDomain.split(".")[0] ?? "";
