import type { ComponentProps, ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
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
  return (
    <button
      type="button"
      {...rest}
      {...(label === undefined ? {} : { 'aria-label': label, title: label })}
      className={buttonClass(look, children === undefined, className)}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

/** For links that look like buttons: `<Link className={buttonClass('primary')}>`. */
export function buttonClass(
  look: 'plain' | 'primary' | 'quiet' | 'danger' = 'plain',
  iconOnly = false,
  more = '',
): string {
  return `button button-${look}${iconOnly ? ' button-icon' : ''}${more ? ` ${more}` : ''}`;
}
