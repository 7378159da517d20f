// Figures as people read them, and tables of them in Markdown.

/** @import { BarResult, Spread } from '../types.js' */

/**
 * Three digits that matter, and no more.
 * @param {number} value
 */
export function toFigure(value) {
  if (!Number.isFinite(value)) return '–'
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en', {
    minimumFractionDigits: Math.min(digits, 3),
    maximumFractionDigits: Math.min(digits, 3),
  })
}

/**
 * A ratio with what it was at best and at worst.
 * @param {Spread} spread
 */
export function toRatioText({ min, median, max }) {
  return `${toFigure(median)} (${toFigure(min)}–${toFigure(max)})`
}

/**
 * @param {number} value
 * @param {string} unit
 */
export function toQuantity(value, unit) {
  if (unit === '') return toFigure(value)
  return unit.startsWith('/') || unit === '%'
    ? `${toFigure(value)}${unit === '%' ? ' %' : unit}`
    : `${toFigure(value)} ${unit}`
}

/**
 * What was to be cleared; where the machine cannot show it, what it was held to in its place.
 * @param {BarResult} bar
 */
export function toBarText({ sense, limit, unit, outOfReach }) {
  const text = `${sense === 'most' ? '≤' : '≥'} ${toQuantity(limit, unit)}`
  if (outOfReach === undefined) return text
  return `≥ ${toFigure(outOfReach)}; as without authentication here: ${text}`
}

/**
 * A table, its first column to the left and the others to the right.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function toTable(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
