declare module 'jstat' {
  const jstat: {
    beta: {
      inv(probability: number, alpha: number, beta: number): number
      cdf(x: number, alpha: number, beta: number): number
    }
    normal: { inv(probability: number, mean: number, standardDeviation: number): number }
    studentt: { inv(probability: number, degreesOfFreedom: number): number }
  }
  export default jstat
}
