import type { ChannelSettings } from '../contract.ts';
import { portOf } from '../settings.ts';
import { factsOf, headOf, iso, linkOf, PATIENCE, type Message, type Sending } from './message.ts';
import { invalid, outwardMessageOf, TreadleError, unavailable } from '../../platform/errors/index.ts';

type EmailSettings = Extract<ChannelSettings, { kind: 'email' }>;

/** One mail for all of a group; mails of one alert are one conversation. */
export async function sendEmail(
  { outbound, signal }: Sending,
  settings: EmailSettings,
  message: Message,
): Promise<void> {
  const { host, security = 'starttls', user, password, from, to } = settings;
  // The one door to other hosts makes the connection, to an address that it has looked at.
  const connection = await outbound.connectMail(host, portOf(settings), { timeout: PATIENCE, signal });
  // Loaded with the first mail: hardly a server sends one.
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host,
    port: portOf(settings),
    connection,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    // A message is text of ours; nothing in it may make the library open files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
  });
  const [first] = message.notices;
  const thread = `<${first!.subject.replaceAll(/[^a-z0-9]/gi, '-')}@treadle.invalid>`;
  try {
    await transport.sendMail({
      from: { name: 'Treadle', address: from },
      to: [...to],
      subject: subjectOf(message),
      text: textOf(message),
      messageId: `<${message.id}@treadle.invalid>`,
      inReplyTo: thread,
      references: thread,
      headers: { 'auto-submitted': 'auto-generated' },
    });
  } catch (error) {
    if (error instanceof TreadleError) throw error;
    const code = responseCodeOf(error);
    const words = `the mail server refused: ${outwardMessageOf(error)}`;
    // 5xx is its last word on this message; anything else may be otherwise later.
    throw code !== undefined && code >= 500 ? invalid(words) : unavailable(words, { cause: error });
  } finally {
    transport.close();
    connection.destroy();
  }
}

const responseCodeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'responseCode' in error
    ? Number(error.responseCode)
    : undefined;

function subjectOf({ notices, group }: Message): string {
  const [first] = notices;
  return `[Treadle] ${notices.length === 1 ? headOf(first!) : `${notices.length} steps of alerts: ${group.replace('/', ', ')}`}`;
}

const textOf = (message: Message): string =>
  message.notices
    .map((notice) => {
      const link = linkOf(message, notice);
      return [
        headOf(notice),
        notice.text,
        '',
        `at ${iso(notice.at)}, since ${iso(notice.since)}`,
        ...factsOf(notice).map(([name, value]) => `${name}: ${value}`),
        ...(link === undefined ? [] : ['', link]),
      ].join('\n');
    })
    .join('\n\n--\n\n');
