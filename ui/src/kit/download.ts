/** Hands the person a file that was made in the page. */
export function download(name: string, data: Blob): void {
  const address = URL.createObjectURL(data);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Once the browser has surely begun to read it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
