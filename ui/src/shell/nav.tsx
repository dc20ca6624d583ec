import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { useSyncExternalStore, type ReactElement } from 'react';
import { signOut, whoAmI } from '../../../src/access/contract.ts';
import { api, call } from '../api/client.ts';
import { live } from '../api/queries.ts';
import { Button, buttonClass } from '../kit/button.tsx';
import { Icon, Mark } from '../kit/icons.tsx';
import { Menu } from '../kit/menu.tsx';
import { sayError } from '../kit/toast.tsx';
import { setTheme, useTheme, type Theme } from '../kit/theme.ts';
import { rooms } from '../rooms.ts';
import { enter } from './enter-workspace.ts';
import { SIGN_IN } from './sign-in.tsx';

export function Nav({ onSearch, onHelp }: { onSearch(): void; onHelp(): void }): ReactElement {
  const address = useLocation({ select: (location) => location.pathname });
  return (
    <div className="nav">
      <Link to="/" className="brand" aria-label="Treadle, home">
        <Mark />
        <span className="wordmark">Treadle</span>
      </Link>
      <Place />
      <button type="button" className="nav-search" onClick={onSearch} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" />
        <span>Search</span>
        <kbd>{/Mac|iP/.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <nav aria-label="Main">
        <ul className="nav-list">
          {rooms.map((room) => {
            const here = [room.to, ...(room.also ?? [])].some((to) =>
              to === '/' ? address === '/' : address === to || address.startsWith(`${to}/`),
            );
            return (
              <li key={room.to}>
                <Link
                  to={room.to}
                  className="nav-item"
                  {...(here ? { 'aria-current': 'page' as const } : {})}
                >
                  <Icon name={room.icon} />
                  {room.name}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
      <span className="spacer" />
      <footer className="nav-foot">
        <ConnectionState />
        <span className="spacer" />
        <Button look="quiet" icon="keyboard" label="Keyboard shortcuts" onClick={onHelp} />
        <Person />
        <ThemeMenu />
      </footer>
    </div>
  );
}

/** Which workspace on which server this is: what tells two tabs apart. */
function Place(): ReactElement {
  const me = useQuery(api(whoAmI, {}));
  const kind = me.data?.kind;
  // The owner of the machine has no session: the browser itself remembers where they work.
  const workspaces = kind === 'user' || kind === 'owner' ? (me.data?.workspaces ?? []) : [];
  if (me.data && workspaces.length > 1)
    return (
      <p className="nav-place">
        <Menu
          trigger={
            <Button look="quiet" icon="down" className="nav-switch">
              {me.data.workspace}
            </Button>
          }
          heading="Workspace"
          entries={workspaces.map((name) => ({
            key: name,
            label: name,
            chosen: name === me.data.workspace,
            act: () => void enter(name, kind === 'owner'),
          }))}
        />
        <span className="faint">{window.location.host}</span>
      </p>
    );
  return (
    <p
      className="nav-place"
      title={
        me.data
          ? `Workspace ${me.data.workspace} on ${window.location.host}, as ${me.data.name} (${me.data.role})`
          : undefined
      }
    >
      <span>{me.data?.workspace ?? ' '}</span>
      <span className="faint">{window.location.host}</span>
    </p>
  );
}

/** Who is signed in, and the way out. */
function Person(): ReactElement | undefined {
  const me = useQuery(api(whoAmI, {}));
  if (me.data?.kind === 'owner')
    return (
      <a
        className={buttonClass('quiet', true)}
        href={SIGN_IN}
        title="You are the owner of this machine: sign in as a person"
      >
        <Icon name="user" />
        <span className="sr-only">Sign in as a person</span>
      </a>
    );
  if (me.data?.kind !== 'user') return undefined;
  return (
    <Menu
      trigger={<Button look="quiet" icon="user" label={`Signed in as ${me.data.name}`} />}
      heading={`${me.data.name} (${me.data.roles.join(', ') || me.data.role})`}
      entries={[
        {
          key: 'out',
          label: 'Sign out',
          icon: 'back',
          act: () =>
            void call(signOut, {}).then(
              () => location.assign('/'),
              (error: unknown) => sayError('You are still signed in', error),
            ),
        },
      ]}
    />
  );
}

const CONNECTION = { connecting: 'Connecting', live: 'Live', lost: 'Reconnecting' };

function ConnectionState(): ReactElement {
  const state = useSyncExternalStore(live.watch, live.current);
  return (
    <span
      className={`connection connection-${state}`}
      role="status"
      title={state === 'live' ? 'Changes appear by themselves' : 'What is shown may be out of date'}
    >
      <span className="connection-dot" aria-hidden="true" />
      {CONNECTION[state]}
    </span>
  );
}

const THEMES: { key: Theme; label: string; icon: 'system' | 'sun' | 'moon' }[] = [
  { key: 'system', label: 'Like the system', icon: 'system' },
  { key: 'light', label: 'Light', icon: 'sun' },
  { key: 'dark', label: 'Dark', icon: 'moon' },
];

function ThemeMenu(): ReactElement {
  const theme = useTheme();
  const { icon } = THEMES.find(({ key }) => key === theme) ?? THEMES[0]!;
  return (
    <Menu
      trigger={<Button look="quiet" icon={icon} label="Colour theme" />}
      heading="Colour theme"
      entries={THEMES.map((entry) => ({
        ...entry,
        chosen: entry.key === theme,
        act: () => setTheme(entry.key),
      }))}
    />
  );
}
