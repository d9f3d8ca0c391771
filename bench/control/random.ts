/** Numbers from 0 to 1 (exclusive), the same ones for the same seed: Doty-Humphrey's small fast counting generator, sfc32. */
export function uniform(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88, 1]
  const random = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let nth = 0; nth < 16; nth++) random()
  return random
}

/** Numbers of mean 0 and variance 1, normally distributed. @see Box & Muller, Ann. Math. Statist. 29 (1958) */
export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
