import { afterAll, describe, test } from 'vitest'
import { linkedConsumer } from '../e2e/support/consumer.ts'
import { documents } from './support/documents.ts'
import { commandFilesOf, isOfExample, nodeFile, type Ports } from './support/projects.ts'
import { commandsOf, type Outcome, runCommands, startEcho } from './support/shell.ts'

const consumer = await linkedConsumer()
afterAll(() => consumer[Symbol.asyncDispose]())
const echoes = [await startEcho(consumer.directory, 0), await startEcho(consumer.directory, 0)] as const
afterAll(() => Promise.all(echoes.map((echo) => echo.stop())))
const ports: Ports = [echoes[0].port, echoes[1].port]

/** Node ends with 1 for a program that does not even begin, too. */
function isVerdict({ text, exitCode, stdout }: Outcome): boolean {
  if (nodeFile.test(text) && exitCode === 1) return /answered|ERR_ASSERTION/.test(stdout)
  return [0, 1, 3].includes(exitCode)
}

describe('commands of the documents', () => {
  const withCommands = documents.filter(({ blocks }) => blocks.some(({ language }) => language === 'sh'))

  test.concurrent.for(withCommands)(
    'in $path exit with a verdict',
    { timeout: 90_000 },
    async (document, { expect }) => {
      const { blocks } = document
      const directory = await consumer.project(commandFilesOf(document, ports))
      const commands = blocks.filter((block) => block.language === 'sh' && !isOfExample(block)).flatMap(commandsOf)
      const outcomes = await runCommands(commands, { consumer: consumer.directory, directory, ports })
      expect(outcomes.filter((outcome) => !isVerdict(outcome))).toEqual([])
    },
  )
})
