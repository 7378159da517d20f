// The tables on a terminal.
import { toBarText, toQuantity, toRatioText } from './table.mjs'

/** @import { Summary } from '../types.js' */

/** @param {Summary} summary */
export function printSummary({ environment, groups, facts, bars }) {
  const { node, cpu, cores, generator, load } = environment
  console.log(`\nNode ${node}, ${cpu}, ${cores} cores, load from ${generator}, load average before the run ${load}`)
  console.log('Ratios: median (least–greatest) of the rounds · median in its own unit')
  for (const { name, base, metrics, contenders } of groups) {
    console.log(`\n${name}, divided by ${base}`)
    for (const contender of contenders) {
      const cells = metrics.map(({ key, title, unit }) => {
        const figure = contender.figures[key]
        return figure === undefined ? '' : `${title} ${toRatioText(figure.ratio)} · ${toQuantity(figure.typical, unit)}`
      })
      console.log(
        `  ${contender.name.padEnd(34)}${cells
          .map((cell) => cell.padEnd(44))
          .join('')
          .trimEnd()}`,
      )
    }
  }
  if (facts.length > 0) console.log('')
  for (const { title, value, unit, contender } of facts) {
    console.log(`${title}${contender === undefined ? '' : ` (${contender})`}: ${toQuantity(value, unit)}`)
  }
  if (bars.length > 0) console.log('\nBars')
  for (const bar of bars) {
    const { title, unit, value, spread, holds } = bar
    const measured = spread === undefined ? toQuantity(value, unit) : toRatioText(spread)
    console.log(`  ${holds ? 'holds' : 'SHORT'}  ${title}: ${measured}, bar ${toBarText(bar)}`)
  }
}
