/** A probe that a load thread cannot use: every mistake in it, each with the option's name. */
export class UnusableProbe extends Error {
  override readonly name = 'UnusableProbe'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[], options?: ErrorOptions) {
    super(mistakes.join('\n'), options)
    this.mistakes = mistakes
  }
}
