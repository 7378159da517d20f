// What the suites use from Debian, and the reason for each. Nothing is mandatory: a suite without its part says so.
import { existsSync } from 'node:fs'
import path from 'node:path'

/**
 * @typedef {object} DebianPackage
 * @property {string} name what apt-get installs
 * @property {string} command a file that is there once it is installed: a name on PATH or an absolute path
 * @property {string} suite what is left out without it
 * @property {string} reason why a package from npm does not do
 */

/** @type {readonly DebianPackage[]} */
export const debianPackages = [
  {
    name: 'redis-server',
    command: 'redis-server',
    suite: 'the stores on a real Redis',
    reason: 'npm has clients, no server',
  },
  {
    name: 'postgresql',
    // The server itself is off PATH, in a folder of its version.
    command: '/usr/bin/pg_ctlcluster',
    suite: 'the stores on a real PostgreSQL',
    reason: 'npm has clients, no server but one of WebAssembly',
  },
  {
    name: 'glewlwyd',
    command: 'glewlwyd',
    suite: 'bound tokens of an issuer that is not written in JavaScript',
    reason: 'an issuer with a JOSE library of its own: oidc-provider shares jose with us',
  },
  {
    name: 'sqlite3',
    command: 'sqlite3',
    suite: 'bound tokens of an issuer that is not written in JavaScript',
    reason: "makes glewlwyd's database from the tables that its package brings",
  },
]

/**
 * Whether a command is there: an absolute path, or a name on PATH.
 * @param {string} command
 * @returns {boolean}
 */
export function isCommand(command) {
  if (path.isAbsolute(command)) return existsSync(command)
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  return folders.some((folder) => existsSync(path.join(folder, command)))
}
