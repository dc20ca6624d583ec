import { CSPProvider } from '@base-ui/react/csp-provider';
import { Dialog } from '@base-ui/react/dialog';
import { Tooltip } from '@base-ui/react/tooltip';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { whoAmI } from '../../../src/access/contract.ts';
import { api, ApiError } from '../api/client.ts';
import { part } from '../api/part.ts';
import { Button } from '../kit/button.tsx';
import { Mark } from '../kit/icons.tsx';
import { useShortcut } from '../kit/shortcuts.ts';
import { Toasts } from '../kit/toast.tsx';
import { rooms, type Room } from '../rooms.ts';
import { Away } from './away.tsx';
import { Nav } from './nav.tsx';
import { SIGN_IN, SignIn } from './sign-in.tsx';
import './shell.css';

const Palette = lazy(part(() => import('./palette.tsx')));
const Help = lazy(part(() => import('./help.tsx')));

/** The frame around every page, for whoever the server knows; everybody else signs in first. */
export function Shell(): ReactElement {
  const { error, data } = useQuery(api(whoAmI, {}));
  const [refused, setRefused] = useState<ApiError>();
  // While it is asked again the form stays: what somebody typed into it would be gone.
  const now =
    error instanceof ApiError && error.status === 401 ? error : data === undefined ? refused : undefined;
  if (now !== refused) setRefused(now);
  const asked = useLocation({ select: ({ pathname }) => pathname === SIGN_IN });
  if (now) return <SignIn refused={now} />;
  return asked ? <SignIn /> : <Frame />;
}

function Frame(): ReactElement {
  const [open, setOpen] = useState<'palette' | 'help' | 'nav' | undefined>();
  const address = useLocation({ select: (location) => location.pathname });
  const [shown, setShown] = useState(address);
  if (shown !== address) {
    // The drawer has done its work once it led somewhere.
    setShown(address);
    if (open === 'nav') setOpen(undefined);
  }

  useShortcut('mod+k', 'Search and run commands', () => setOpen('palette'));
  useShortcut('?', 'Show this help', () => setOpen('help'));
  useShortcut('/', 'Filter, or search everything', () => {
    const filter = document.querySelector<HTMLInputElement>('[data-filter]');
    if (filter) filter.focus();
    else setOpen('palette');
  });

  const nav = <Nav onSearch={() => setOpen('palette')} onHelp={() => setOpen('help')} />;
  return (
    <CSPProvider disableStyleElements>
      <Tooltip.Provider delay={350}>
        <a className="skip" href="#main">
          Skip to the content
        </a>
        <div className="shell">
          <header className="top">
            <Button look="quiet" icon="menu" label="Open navigation" onClick={() => setOpen('nav')} />
            <Mark size={24} />
            <strong className="wordmark">Treadle</strong>
            <span className="spacer" />
            <Button look="quiet" icon="search" label="Search" onClick={() => setOpen('palette')} />
          </header>
          <aside className="side">{nav}</aside>
          <main id="main" tabIndex={-1}>
            <Away />
            <Outlet />
          </main>
        </div>
        <Dialog.Root open={open === 'nav'} onOpenChange={(now) => setOpen(now ? 'nav' : undefined)}>
          <Dialog.Portal>
            <Dialog.Backdrop className="backdrop" />
            <Dialog.Popup className="drawer" aria-label="Navigation">
              {nav}
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
        <Suspense>
          {open === 'palette' && (
            <Palette onClose={() => setOpen(undefined)} onHelp={() => setOpen('help')} />
          )}
          {open === 'help' && <Help onClose={() => setOpen(undefined)} />}
        </Suspense>
        {rooms.map((room) => (
          <GoTo key={room.to} room={room} />
        ))}
        <Toasts />
      </Tooltip.Provider>
    </CSPProvider>
  );
}

function GoTo({ room }: { room: Room }): null {
  const navigate = useNavigate();
  useShortcut(`g ${room.key}`, `Go to ${room.name}`, () => void navigate({ to: room.to }));
  return null;
}
