// Python as text: names, docstrings, lines.

/** `listModels` → `list_models`. */
export const snake = (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** `gate_rows` → `GateRows`, `listModels` → `ListModels`. */
export const camel = (name) =>
  name.replaceAll(/(?:^|[_-])([a-z0-9])/gi, (_, letter) => letter.toUpperCase()).replaceAll(/\W/g, '');

/** A docstring of one text, indented; nothing where there is none. */
export const docstring = (text, indent) => (text ? docstringOf([text], indent) : []);

/** A docstring of several lines, of which the first is its title. */
export function docstringOf(lines, indent) {
  // A backslash is one in Python, too; what ends in a quote would end the docstring early.
  const body = lines
    .flatMap((line) => wrap(line, 100 - indent.length))
    .map((line) => line.replaceAll('\\', '\\\\').replaceAll('"""', "'''"));
  if (body.length === 1 && !body[0].endsWith('"')) return [`${indent}"""${body[0]}"""`];
  return [
    `${indent}"""${body[0]}`,
    ...body.slice(1).map((line) => (line ? indent + line : '')),
    `${indent}"""`,
  ];
}

/** Lines of at most `width` characters; those that follow are as far in as the first, and `Args:` further. */
function wrap(line, width) {
  const inset = /^ */.exec(line)[0];
  const further = inset === '' ? '' : `${inset}    `;
  const lines = [];
  let current = inset;
  for (const word of line.trim().split(/\s+/)) {
    const next = current.trim() === '' ? current + word : `${current} ${word}`;
    if (next.length > width && current.trim() !== '') {
      lines.push(current);
      current = further + word;
    } else current = next;
  }
  return [...lines, current];
}

export const block = (lines) => lines.join('\n');
