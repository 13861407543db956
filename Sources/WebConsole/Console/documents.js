// Reports as YAML, as documents are written: what is shown can be put back as it is.

const PLAIN = /^[A-Za-z][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*$/;
const SAFE_WITH_DIGITS = /^(\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?|\d+(ms|s|m|h|d))$/;
// YAML 1.1 takes these for booleans and nulls, and 1e5 for a number.
const RESERVED = /^(true|false|yes|no|on|off|y|n|null|nan|inf)$/i;

function scalar(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  const isPlain = (PLAIN.test(value) && !RESERVED.test(value)) || SAFE_WITH_DIGITS.test(value);
  // A JSON string is a double-quoted scalar of YAML.
  return isPlain ? value : JSON.stringify(value);
}

const isBlock = (value) => typeof value === "string" && /^[\x20-\x7e\n]+\n$/.test(value) && !/^\s|\n\n/.test(value);
const isScalar = (value) => value === null || typeof value !== "object";
const isFlow = (value) => Array.isArray(value) && value.every(isScalar) && value.join(", ").length < 80;

function lines(value, indent) {
  const space = " ".repeat(indent);
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (isScalar(item) || !Object.keys(item).length) return [`${space}- ${inline(item)}`];
      const own = lines(item, indent + 2);
      return [`${space}- ${own[0].trimStart()}`, ...own.slice(1)];
    });
  }
  return Object.entries(value).flatMap(([name, member]) => {
    const key = `${space}${scalar(name)}:`;
    if (isBlock(member)) return [`${key} |`, ...member.trimEnd().split("\n").map((line) => `${space}  ${line}`)];
    if (isScalar(member) || isFlow(member) || !Object.keys(member).length) return [`${key} ${inline(member)}`];
    return [key, ...lines(member, indent + 2)];
  });
}

function inline(value) {
  if (Array.isArray(value)) return `[${value.map(scalar).join(", ")}]`;
  return isScalar(value) ? scalar(value) : "{}";
}

/** Kind and name first, since that is how documents begin. */
export function yaml({ kind, name, ...rest }) {
  return lines({ ...(kind ? { kind } : {}), ...(name ? { name } : {}), ...rest }, 0).join("\n") + "\n";
}
