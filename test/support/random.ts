/** Numbers between 0 and 1, the same ones for the same seed. @see Park & Miller, Communications of the ACM 31 (1988) */
export function uniform(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Numbers of mean 0 and variance 1, normally distributed. @see Box & Muller, Ann. Math. Statist. 29 (1958) */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
}
