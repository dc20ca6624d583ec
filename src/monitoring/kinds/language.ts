/** Letters that one language or a few write with; the first that holds. */
const SCRIPTS: ReadonlyArray<readonly [name: string, letters: RegExp]> = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['zh', /\p{Script=Han}/u],
  ['ko', /\p{Script=Hangul}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['el', /\p{Script=Greek}/u],
  ['th', /\p{Script=Thai}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
];

/** Words that hardly any sentence of a language does without, by the script that it is written in. */
const FREQUENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Latin: {
    en: 'the of and to in is was that it for with as on be at by this have from are or not but you i my we they his her had were what will would can',
    de: 'der die das und ist nicht ein eine ich zu den mit von sich auf für im dem es auch als an wir sie war nach wie bei aus nur noch sehr habe oder aber wird',
    fr: 'le la les de des et est un une du en que qui dans pour pas sur il elle je ne ce se avec au par plus sont nous vous mais très cette a été ont',
    es: 'el la los las de y en que es un una por con no se para su al lo como más pero muy este del está fue yo me mi ha son ser sin todo',
    it: 'il lo la i gli le di e che è un una per non con in del della sono si da al ho mi ma anche come più molto questo nel era alla dei ha',
    pt: 'o a os as de e que em um uma para com não por do da no na se mais mas muito foi é ao como dos eu meu são está isso ele ela você',
    nl: 'de het een en van is in dat niet op te met voor zijn er aan die ik ook als maar om bij was dit naar heeft heb wij nog zeer door worden',
    sv: 'och att det är en som på jag i inte för med har den av till om men var ett så han mycket från kan vi också denna efter eller skulle',
    da: 'og at det er en som på jeg i ikke for med har den af til men var et så han meget fra kan vi også denne efter eller skulle blev sig',
    nb: 'og at det er en som på jeg i ikke for med har den av til men var et så han veldig fra kan vi også denne etter eller skulle ble seg',
    fi: 'ja on ei että se hän oli en mutta niin kun kuin ovat tämä myös minä olen joka jos vain sitä sen ole hyvin mitä nyt tai kanssa',
    pl: 'i w na z do nie się że to jest o jak po za ale od co już przez dla czy tak bardzo był są mnie może tego tylko było lub',
    cs: 'a se na je v že to s z do o i ale jsem by jako pro po tak jsou jeho byl velmi které při také už nebo není bylo když',
    ro: 'și de în la a nu este cu că pe un o din mai pentru se care sunt dar foarte ce am fost sau această prin lui au fi',
    hu: 'a az és hogy nem is egy ez van meg de csak volt már ki mint ha még nagyon azt én kell vagy lehet ezt minden pedig',
    tr: 've bir bu da de için çok ile ne gibi daha olarak ama o var en mi kadar değil ben sonra olan şey bana her oldu yok',
    id: 'yang dan di ini itu dengan untuk tidak dari ke dalam akan pada saya ada juga sangat bisa adalah atau karena sudah oleh kami mereka',
    vi: 'và của là có không cho được trong một với những các người này đã tôi để khi rất từ đến cũng về như ra làm',
  },
  Cyrillic: {
    ru: 'и в не на я что он с как это по но к из у то за так все она вы мы от был же бы только мне было очень его меня для',
    uk: 'і в не на я що він з як це по але до із у та за так все вона ви ми від був же б тільки мені було дуже його для є',
    bg: 'и в не на аз че той с как това по но към от у за така всичко тя вие ние беше само ми много го са да се е ще съм',
    sr: 'и у не на ја да он с како то по али к из за тако све она ви ми од био само је врло га су се што сам ће',
  },
  Arabic: {
    ar: 'في من على إلى أن هذا هذه التي الذي ما لا كان عن مع هو هي ذلك لم قد كل أو بعد غير بين جدا و',
    fa: 'و در به از که این را با است برای آن یک خود تا کرد بر هم نیز می شد بود اما ما من خیلی',
    ur: 'اور کے کی میں ہے سے کا کو پر نے یہ کہ ہیں بھی اس تھا نہیں ایک وہ ہو کر لیے تو',
  },
  Devanagari: {
    hi: 'के में की है और से का को पर यह ने कि हैं भी एक नहीं हो इस था कर लिए तो बहुत',
    mr: 'आणि आहे या च्या मध्ये ते हे तो नाही एक की होते म्हणून पण करून केले आहेत मी खूप',
    ne: 'र मा को छ यो हो ले पनि का लाई गर्न भने थियो एक छन् म धेरै गरेको',
  },
};

const SETS = new Map(
  Object.entries(FREQUENT).map(([script, languages]) => [
    script,
    Object.entries(languages).map(([name, words]) => ({ name, words: new Set(words.split(' ')) })),
  ]),
);

/** Letters and words that are looked at. */
const LETTERS = 400;
const WORDS = 200;

/**
 * The language of a text, by its letters and by words that its sentences do not do without; `other` where that does not tell, as of two words or a list of names.
 * It is no judge of one text: what is compared is how many are of each.
 */
export function languageOf(text: string, words: readonly string[]): string {
  const script = scriptOf(text);
  if (script === undefined) return 'none';
  const languages = SETS.get(script);
  if (!languages) return script;
  const seen = words.slice(0, WORDS);
  let [best, most, second] = ['other', 0, 0];
  for (const { name, words: frequent } of languages) {
    let hits = 0;
    for (const word of seen) if (frequent.has(word)) hits++;
    if (hits > most) [best, most, second] = [name, hits, most];
    else if (hits > second) second = hits;
  }
  return most > second && most >= 0.1 * seen.length ? best : 'other';
}

/** Which most of the letters are of; Japanese is mixed with Chinese letters, and a few of its own say so. */
function scriptOf(text: string): string | undefined {
  const counts = new Map<string, number>();
  let letters = 0;
  for (const letter of text) {
    const found = SCRIPTS.find(([, own]) => own.test(letter))?.[0];
    if (found === undefined) continue;
    counts.set(found, (counts.get(found) ?? 0) + 1);
    if (++letters === LETTERS) break;
  }
  if (letters === 0) return undefined;
  if ((counts.get('ja') ?? 0) > 0.1 * letters) return 'ja';
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]![0];
}
