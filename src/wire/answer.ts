import { messageOf, textOf } from './probe-message.ts'
import { type AnswerFunction, type AnswerSpec, revive } from './probe-spec.ts'

/** Whether the message between two places of a buffer is an answer. */
export type AnswerReader = (bytes: Uint8Array, start: number, end: number, binary: boolean) => boolean

/** A reader of answers. Contents and patterns see what a message says, whether it comes as a text or a binary frame. */
export function readerOf(spec: AnswerSpec): AnswerReader {
  switch (spec.by) {
    case 'content':
      return contentReader(Buffer.from(spec.content))
    case 'pattern':
      return patternReader(spec.pattern)
    case 'function':
      return functionReader(revive(spec.source) as AnswerFunction, spec.data)
  }
}

function contentReader(content: Buffer): AnswerReader {
  return (bytes, start, end) => end - start === content.length && content.compare(bytes, start, end) === 0
}

function patternReader(pattern: RegExp): AnswerReader {
  return (bytes, start, end) => {
    // A global or sticky pattern goes on from where it last matched.
    pattern.lastIndex = 0
    return pattern.test(textOf(bytes, start, end))
  }
}

function functionReader(isAnswer: AnswerFunction, data: unknown): AnswerReader {
  return (bytes, start, end, binary) => isAnswer(messageOf(bytes, start, end, binary), data)
}
