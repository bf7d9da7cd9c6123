/**
 * The rows that a terminal of so many columns shows after this output, for the few control sequences that a status
 * line uses. Rows are never scrolled away.
 */
export function screen(output: string, columns: number): string[] {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  let wraps = true;
  let saved = { row, column };
  const goTo = (nextRow: number, nextColumn: number) => {
    [row, column] = [nextRow, nextColumn];
    while (rows.length <= row) rows.push([]);
  };
  const put = (character: string) => {
    if (column === columns) goTo(wraps ? row + 1 : row, wraps ? 0 : column - 1);
    rows[row][column++] = character;
  };
  // The escape character made visible, since a regular expression may hold none.
  for (const [token] of output.replaceAll("\x1b", "␛").matchAll(/␛[78]|␛\[\??\d*[A-Za-z]|[^]/gu)) {
    if (token === "\n") goTo(row + 1, 0);
    else if (token === "␛7") saved = { row, column };
    else if (token === "␛8") goTo(saved.row, saved.column);
    else if (token === "␛[1G") column = 0;
    else if (token === "␛[2K") rows[row] = [];
    else if (token === "␛[0K") rows[row].length = column;
    else if (token.startsWith("␛[?7")) wraps = token.endsWith("h");
    else if (!token.startsWith("␛[")) put(token);
  }
  return rows.map((cells) => Array.from(cells, (cell: string | undefined) => cell ?? " ").join(""));
}
