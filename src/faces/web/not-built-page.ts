/** What a browser sees while there is no UI to send. No script and no style: the policy of the UI holds here too. */
export function notBuiltPage(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Treadle is running</title>
<h1>Treadle is running, but its UI has not been built</h1>
<p>The API and every client work. To see the UI, build it in the checkout and load this page again:</p>
<pre>npm start</pre>
<p>or, once everything is installed, <code>cd ui &amp;&amp; npx vite build</code>.</p>
<p>Meanwhile: <a href="/docs">the API on one page</a>.</p>
</html>
`;
}
