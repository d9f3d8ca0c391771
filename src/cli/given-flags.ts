import type { Command } from 'commander'

/** The flags that a command was given, by their long names. */
export function givenFlags(command: Command, isMeant: (option: string) => boolean = () => true): string[] {
  return command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => isMeant(option.attributeName()))
    .map((option) => option.long!)
}
