import type { ComponentProps, ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import { Tooltip } from './tooltip.tsx';
import './button.css';

interface ButtonProps extends ComponentProps<'button'> {
  look?: 'plain' | 'primary' | 'quiet' | 'danger';
  icon?: IconName;
  /** Icon only: the words are still there for those who hear the page. */
  label?: string;
  children?: ReactNode;
}

export function Button({
  look = 'plain',
  icon,
  label,
  children,
  className,
  ...rest
}: ButtonProps): ReactElement {
  const button = (
    <button
      type="button"
      {...rest}
      {...(label === undefined ? {} : { 'aria-label': label })}
      className={buttonClass(look, children === undefined, className)}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
  // Those who see only the icon are told its words when they rest on it.
  return label === undefined ? button : <Tooltip text={label}>{button}</Tooltip>;
}

/** For links that look like buttons: `<Link className={buttonClass('primary')}>`. */
export function buttonClass(
  look: 'plain' | 'primary' | 'quiet' | 'danger' = 'plain',
  iconOnly = false,
  more = '',
): string {
  return `button button-${look}${iconOnly ? ' button-icon' : ''}${more ? ` ${more}` : ''}`;
}
