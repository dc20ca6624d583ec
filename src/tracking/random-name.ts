import { randomInt } from 'node:crypto';

const FIRST =
  'amber,brave,calm,clever,coral,crisp,daring,eager,fair,gentle,golden,happy,honest,jolly,keen,kind,lively,lucky,mellow,neat,noble,patient,proud,quick,quiet,rapid,sharp,silver,smart,snowy,steady,sunny,swift,tidy,vivid,warm,wise,witty,young,zesty'.split(
    ',',
  );
const SECOND =
  'ant,badger,bear,bee,crane,crow,deer,dove,eagle,falcon,finch,fox,gull,hare,hawk,heron,ibis,jay,koala,lark,lynx,mole,moth,newt,otter,owl,panda,pike,quail,raven,robin,seal,shrew,stork,swan,tern,trout,vole,wren,yak'.split(
    ',',
  );

/** For a run that nobody named: easy to say, good enough to tell apart. */
export const randomName = (): string =>
  `${FIRST[randomInt(FIRST.length)]}-${SECOND[randomInt(SECOND.length)]}-${randomInt(1000)}`;
