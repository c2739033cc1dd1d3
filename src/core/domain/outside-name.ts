/**
 * Endings that the DNS of a home, a company or a router answers (RFC 6762, appendix G, and RFC
 * 8375).
 */
const PRIVATE = "arpa box corp home internal intranet lan local localdomain localhost";

/**
 * Top-level domains that are also likely names of Docker networks (IANA, checked 2026-12). Country
 * codes have two letters.
 */
const PUBLIC =
  "academy agency app apps art band bet bike bio biz black blog blue bot build business cafe " +
  "camera camp cash center chat city click cloud club codes coffee com community company " +
  "computer contact cool dance data date day degree delivery dentist design dev digital direct " +
  "directory domains download earth edu education email energy engineer engineering events " +
  "exchange expert express family fan fans farm fashion film finance fit fitness flights " +
  "florist foo foundation fun fund gallery game games garden gift gifts global gmbh gold gov " +
  "graphics green group guide guru haus health help here hiphop hockey holdings horse host " +
  "hosting hot hotel house how inc industries info ink int international jobs kids kim kitchen " +
  "land law legal lgbt life lighting limited link live living llc lol love ltd management map " +
  "market marketing mba media meet men menu mil mobi moda moe moi money monster moto mov movie " +
  "museum music name navy net network new news ninja nowruz now observer off one online open " +
  "org page partners parts party pay pet phone photo photography photos pics pictures pink " +
  "pizza place play plumbing plus poker post press pro prod productions promo properties pub " +
  "quest racing radio read recipes red rent rentals repair report rest restaurant review " +
  "reviews rip rocks rodeo room rugby run safe safety sale salon save school science search " +
  "secure security select services sex shop shopping show singles site ski skin smart soccer " +
  "social software solar solutions song space sport spot storage store stream studio study " +
  "style support surf surgery systems talk tatar taxi team tech technology tel tennis theater " +
  "tickets tips tires today tools top tours town toys trade training travel tube university " +
  "uno vet video vin vip vision vote voyage wang watch weather website wed wiki win windows " +
  "wine work works world wow wtf xxx xyz yoga you zero zip zone";

const ENDINGS: ReadonlySet<string> = new Set([...PRIVATE.split(" "), ...PUBLIC.split(" ")]);

/**
 * True if a DNS outside Docker may know names that end with the name of this network. It receives
 * the query for `nas.lan` as soon as the container `nas` on the network `lan` has stopped.
 */
export function isOutsideEnding(network: string): boolean {
  const ending = network.slice(network.lastIndexOf(".") + 1).toLowerCase();
  return /^([a-z]{2}|xn--.+)$/.test(ending) || ENDINGS.has(ending);
}
