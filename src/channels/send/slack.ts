import { factsOf, headOf, linkOf, post, type Message, type Sending } from './message.ts';

/** Slack takes 50 blocks and 3,000 characters in each. */
const LONGEST = 2_800;
const MOST = 48;

/** One message for all of a group: an incoming webhook. */
export async function sendSlack(sending: Sending, url: string, message: Message): Promise<void> {
  const { notices } = message;
  const head =
    notices.length === 1
      ? headOf(notices[0]!)
      : `${notices.length} steps of alerts: ${message.group.replace('/', ', ')}`;
  const blocks = notices.slice(0, MOST).map((notice) => {
    const link = linkOf(message, notice);
    const title = escaped(headOf(notice));
    const lines = [
      link === undefined ? `*${title}*` : `*<${link}|${title}>*`,
      escaped(notice.text),
      ...factsOf(notice).map(([name, value]) => `_${escaped(name)}_: ${escaped(value)}`),
    ];
    return { type: 'section', text: { type: 'mrkdwn', text: clip(lines.join('\n')) } };
  });
  await post(sending, { url, body: JSON.stringify({ text: clip(escaped(head)), blocks }) });
}

/** The three characters that are markup to Slack: what models and people wrote stays what they wrote. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const clip = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`);
