/** What stands below figures of an embedded server: the variable of a script that was to name another one may not be set. */
export const noURL = 'No URL was given: these are the figures of an embedded echo server.\n'
