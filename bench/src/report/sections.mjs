// The tables of the page, section by section.
import { toBarText, toFigure, toQuantity, toRatioText, toTable } from './table.mjs'

/** @import { Checks, Summary, SummaryGroup } from '../types.js' */

/**
 * CPU and wall time of every algorithm, a table for each heat.
 * @param {Summary} summary
 */
export function toVerifySection({ groups }) {
  const own = groups.filter(({ section }) => section === 'verify')
  return ['cold', 'hot'].flatMap((heat) => {
    const columns = own.filter(({ name }) => name.endsWith(` ${heat}`))
    if (columns.length === 0) return []
    const about =
      heat === 'cold'
        ? 'Cold: every token is new. Each column is divided by bare `crypto.verify` of its own algorithm.'
        : 'Hot: eight tokens again and again. All columns are divided by bare `crypto.verify` with RS256.'
    return [
      about,
      toAlgorithmTable(columns, 'cpu', `CPU, ${heat}`),
      `The same, wall time with one token after the other:`,
      toAlgorithmTable(columns, 'wall', `Wall, ${heat}`),
    ]
  })
}

/**
 * @param {readonly SummaryGroup[]} columns
 * @param {string} metric
 * @param {string} title
 */
function toAlgorithmTable(columns, metric, title) {
  const names = [...new Set(columns.flatMap(({ contenders }) => contenders.map(({ name }) => name)))]
  const head = [title, ...columns.map(({ name }) => name.split(' ')[0] ?? '')]
  const rows = names.map((name) => [
    name,
    ...columns.map(({ contenders }) => {
      const figure = contenders.find((one) => one.name === name)?.figures[metric]
      return figure === undefined ? '–' : `${toRatioText(figure.ratio)} · ${toQuantity(figure.typical, 'µs')}`
    }),
  ])
  return toTable(head, rows)
}

/**
 * Every server beside the same one without authentication.
 * @param {Summary} summary
 */
export function toHttpSection({ groups }) {
  return groups
    .filter(({ section }) => section === 'http')
    .map(({ name, base, contenders }) => {
      const bare = contenders.find((one) => one.name === base)?.figures['cpu']?.typical ?? NaN
      const head = [name, 'CPU', 'added CPU', 'requests a second', 'p50', 'p99']
      const rows = contenders.map((contender) => {
        const { cpu, rps, p50, p99 } = contender.figures
        if (cpu === undefined || rps === undefined || p50 === undefined || p99 === undefined) return [contender.name]
        return [
          contender.name,
          `${toRatioText(cpu.ratio)} · ${toQuantity(cpu.typical, 'µs')}`,
          contender.name === base ? '–' : toQuantity(cpu.typical - bare, 'µs'),
          `${toRatioText(rps.ratio)} · ${toQuantity(rps.typical, '/s')}`,
          `${toRatioText(p50.ratio)} · ${toQuantity(p50.typical, 'ms')}`,
          `${toRatioText(p99.ratio)} · ${toQuantity(p99.typical, 'ms')}`,
        ]
      })
      return toTable(head, rows)
    })
}

/**
 * Groups of any section, with every metric a column.
 * @param {Summary} summary
 * @param {SummaryGroup['section']} wanted
 */
export function toGroupTables({ groups }, wanted) {
  return groups
    .filter(({ section }) => section === wanted)
    .map(({ name, base, metrics, contenders }) => {
      const head = [`${name} (÷ ${toCount(base)})`, ...metrics.map(({ title }) => title)]
      const rows = contenders.map((contender) => [
        toCount(contender.name),
        ...metrics.map(({ key, unit }) => {
          const figure = contender.figures[key]
          return figure === undefined ? '–' : `${toRatioText(figure.ratio)} · ${toQuantity(figure.typical, unit)}`
        }),
      ])
      return toTable(head, rows)
    })
}

/** @param {string} name */
function toCount(name) {
  return /^\d+$/.test(name) ? Number(name).toLocaleString('en') : name
}

/**
 * What was counted, a column for each contender.
 * @param {Summary} summary
 * @param {SummaryGroup['section']} wanted
 */
export function toFactTable({ facts }, wanted) {
  const own = facts.filter(({ section }) => section === wanted)
  const contenders = [...new Set(own.map(({ contender }) => contender ?? 'countersign'))]
  const keys = [...new Set(own.map(({ key }) => key))]
  const rows = keys.map((key) => {
    const title = own.find((one) => one.key === key)?.title ?? key
    const values = contenders.map((contender) => {
      const found = own.find((one) => one.key === key && (one.contender ?? 'countersign') === contender)
      return found === undefined ? '–' : toQuantity(found.value, found.unit)
    })
    return [title, ...values]
  })
  return rows.length === 0 ? [] : [toTable(['', ...contenders], rows)]
}

/**
 * The bars, and how far each was cleared on each Node; the bar is that of Node 24.
 * @param {Checks} checks
 */
export function toBarTable({ 24: reference, ...others }) {
  const rest = Object.values(others)
  const rows = (reference?.bars ?? []).map((bar) => [
    bar.title,
    toBarText(bar),
    `${bar.spread === undefined ? toQuantity(bar.value, bar.unit) : toRatioText(bar.spread)}${bar.holds ? '' : ' **falls short**'}`,
    ...rest.map(({ bars }) => {
      const found = bars.find(({ title }) => title === bar.title)
      return found === undefined
        ? '–'
        : `${toQuantity(found.value, found.unit)}${found.holds ? '' : ' **falls short**'}`
    }),
  ])
  return toTable(['', 'bar', `Node ${reference?.node ?? 24}`, ...rest.map(({ node }) => `Node ${node}`)], rows)
}

/**
 * Where the time of each profiled loop goes.
 * @param {Summary} summary
 */
export function toProfileTables({ profiles }) {
  return profiles.map(({ name, rows }) =>
    toTable(
      [name, 'of the time'],
      rows.map((row) => [row.name === '' ? '' : `\`${row.name}\``, `${toFigure(row.share * 100)} %`]),
    ),
  )
}
