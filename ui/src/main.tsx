import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { live, queries } from './api/queries.ts';
import './kit/tokens.css';
import './kit/base.css';
import './kit/form.css';
import { fromMlflowLink } from './shell/mlflow-links.ts';
import { router } from './shell/router.ts';

const wanted = fromMlflowLink(location.hash);
if (wanted !== undefined) history.replaceState(null, '', wanted);
// Put into the address of an open page, it changes only the hash.
window.addEventListener('hashchange', () => {
  const other = fromMlflowLink(location.hash);
  if (other !== undefined) location.replace(other);
});

live.start();
// Pages ask their first questions once they hear of changes, or a little later anyway.
void live.settled(150).then(() =>
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  ),
);
