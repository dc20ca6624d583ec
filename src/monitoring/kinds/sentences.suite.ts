import type { Random } from '../../../test/random.ts';

/** Words as they come in reviews of two languages; the first of each list are frequent. */
const WORDS = {
  en: 'the and was is a to it of in for that this with not very had food room staff place good great bad service time clean small old breakfast view bed price location quiet noisy friendly slow cold warm tasty dirty again never always recommend stayed night parking garden kitchen waiter dinner lunch coffee tea bread soup salad dessert table chair window street city center station airport',
  de: 'der die das und war ist ein zu es in für dass mit nicht sehr hatte essen zimmer personal lage gut toll schlecht bedienung zeit sauber klein alt frühstück aussicht bett preis ruhig laut freundlich langsam kalt warm lecker schmutzig wieder nie immer empfehlen nacht parkplatz garten küche kellner abend mittag kaffee tee brot suppe salat nachtisch tisch stuhl fenster straße stadt bahnhof flughafen',
} as const;

/** A made-up review: frequent words come more often, lengths differ, as do numbers and punctuation. */
export function sentence(random: Random, language: keyof typeof WORDS = 'en', length = 12): string {
  const words = WORDS[language].split(' ');
  const many = 4 + random.integer(2 * length);
  const said = Array.from({ length: many }, () => words[Math.floor(words.length * random.uniform() ** 2)]!);
  if (random.uniform() < 0.2) said.push(String(random.integer(100)));
  const text = said.join(' ');
  return `${text[0]!.toUpperCase()}${text.slice(1)}${random.pick(['.', '!', '...', ''])}`;
}
