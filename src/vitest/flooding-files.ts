import type { TestModule, TestProject } from 'vitest/node'

declare module 'vitest' {
  interface TaskMeta {
    /** Of a test file: a flood of it went to the plugin's target. */
    wsLoadFloodsTarget?: true
  }
}

/** Which test files flood the target of their project, as far as the runs of a Vitest have shown. */
export class FloodingFiles {
  /** Names of projects by test file. */
  readonly #projects = new Map<string, Set<string>>()

  /** When the last run has ended, as `Date.now()` has it; 0 before. */
  runEndedAt = 0

  /** A file that failed may have failed before its floods, so it is forgotten only once all of its tests have passed without one. */
  note(modules: readonly TestModule[]): void {
    this.runEndedAt = Date.now()
    for (const module of modules) {
      const { moduleId, project } = module
      const known = this.#projects.get(moduleId) ?? new Set()
      if (module.meta().wsLoadFloodsTarget === true) known.add(project.name)
      else if (hasPassed(module)) known.delete(project.name)
      this.#projects.set(moduleId, known)
    }
  }

  /** Whether a file floods the target of a project. */
  has(moduleId: string, { name }: TestProject): boolean {
    return this.#projects.get(moduleId)?.has(name) === true
  }

  /** The files that flood the target of one of these projects. */
  of(projects: readonly TestProject[]): string[] {
    return [...this.#projects.keys()].filter((moduleId) => projects.some((project) => this.has(moduleId, project)))
  }
}

function hasPassed(module: TestModule): boolean {
  return module.ok() && [...module.children.allTests()].every((test) => test.result().state === 'passed')
}
