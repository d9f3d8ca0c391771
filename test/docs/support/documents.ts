/** The documents of the repository: their code blocks, headings and links. */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { repository } from '../../e2e/support/consumer.ts'

/** A fenced block. */
export interface Block {
  /** Path of the document within the repository. */
  readonly document: string
  /** Of its fence, from 1. */
  readonly line: number
  /** As the fence says it; empty for what a program prints. */
  readonly language: string
  readonly code: string
  /** The file that it is to be saved as, from the comment in its first line. */
  readonly file: string | undefined
  /** The line before the block that has a text, for what a program prints. */
  readonly before: string
}

export interface Link {
  readonly document: string
  /** Where it goes to, as it is written. */
  readonly target: string
}

export class Document {
  /** Within the repository. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** Without its blocks of code. */
  readonly prose: string

  constructor(path: string) {
    this.path = path
    this.text = readFileSync(join(repository, path), 'utf8')
    this.blocks = [...this.text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => this.#block(match))
    this.prose = this.text.replaceAll(/^```\w*\n[\s\S]*?^```$/gm, '')
  }

  /** `getting-started` */
  get name(): string {
    return basename(this.path, '.md')
  }

  /** As GitHub makes them of headings. */
  anchors(): Set<string> {
    return new Set([...this.prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!)))
  }

  links(): Link[] {
    const forms = [/\]\(([^)\s]+)\)/g, /^\[[^\]]+\]: (\S+)$/gm, /(?:src|srcset|href)="([^"]+)"/g]
    const prose = this.prose.replaceAll(/`[^`\n]*`/g, '')
    return forms.flatMap((form) =>
      [...prose.matchAll(form)].map(([, target]) => ({ document: this.path, target: target! })),
    )
  }

  /** Cells of each table with such a header, without the row of dashes. */
  table(header: string): string[][] {
    const rows = this.prose.split('\n').map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    const first = rows.findIndex((cells) => cells[0] === header)
    const end = rows.findIndex((cells, at) => at > first && cells.length === 0)
    if (first < 0) throw new Error(`${this.path}: expected a table that begins with ${header}`)
    return rows.slice(first + 2, end < 0 ? undefined : end)
  }

  #block({ 1: language = '', 2: code = '', index }: RegExpExecArray): Block {
    const ahead = this.text.slice(0, index)
    const file = /^(?:\/\/|#) (\S+\.\w+)\n/.exec(code)?.[1]
    const before = ahead.trimEnd().split('\n').at(-1) ?? ''
    return { document: this.path, line: ahead.split('\n').length, language, code, file, before }
  }
}

/** README and the pages of docs. */
export const pages: readonly Document[] = ['README.md', ...markdownIn('docs')].map((path) => new Document(path))

/** Pages, and what else people read. */
export const documents: readonly Document[] = [
  ...pages,
  ...['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...markdownIn('examples')].map(
    (path) => new Document(path),
  ),
]

export function page(path: string): Document {
  return pages.find((one) => one.path === path)!
}

/** `docs/slos.md:12` */
export function placeOf({ document, line }: Block): string {
  return `${document}:${line}`
}

/** What a document's link leads to: a path within the repository, and an anchor. */
export function resolveLink({ document, target }: Link): {
  readonly path: string
  readonly anchor: string | undefined
} {
  const [path = '', anchor] = target.split('#')
  return { path: path === '' ? document : join(dirname(document), path), anchor }
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`)
    .toSorted()
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
