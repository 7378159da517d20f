// The plots of the page, as SVG by ECharts on the server: no browser, no document, nothing native.
import * as echarts from 'echarts'

/** @import { EChartsOption } from 'echarts' */
/** @import { Summary, SummaryGroup } from '../types.js' */

/**
 * @typedef {object} Plot
 * @property {string} name of the file, without its ending
 * @property {string} title
 * @property {string} section
 * @property {string} svg
 */

const WIDTH = 860
const OURS = '#0b6e4f'
const LIMIT = '#8a8f98'
const PEERS = ['#c8553d', '#e09f3e', '#5b8fb9', '#7d5ba6', '#b56576', '#9c6644']

/**
 * Draws what the summary has the figures for.
 * @param {Summary} summary
 * @returns {Plot[]}
 */
export function drawPlots({ groups, facts }) {
  const plots = [
    drawBars(
      'verify-cold',
      'verify',
      'Cold: CPU ÷ crypto.verify of the same algorithm',
      pick(groups, 'verify', ' cold'),
      'cpu',
      false,
    ),
    drawBars('verify-hot', 'verify', 'Hot: CPU ÷ crypto.verify RS256', pick(groups, 'verify', ' hot'), 'cpu', true),
    drawBars(
      'http-hot',
      'http',
      'Hot: requests a second ÷ no authentication',
      pick(groups, 'http', ' hot'),
      'rps',
      false,
    ),
    drawBars(
      'http-cold',
      'http',
      'Cold: CPU a request ÷ no authentication',
      pick(groups, 'http', ' cold'),
      'cpu',
      false,
    ),
    drawIssuers(groups),
    drawHeap(facts),
  ]
  return plots.filter((plot) => plot !== undefined)
}

/**
 * @param {readonly SummaryGroup[]} groups
 * @param {string} wanted
 * @param {string} ending
 */
function pick(groups, wanted, ending) {
  return groups.filter(({ section, name }) => section === wanted && name.endsWith(ending))
}

/**
 * One bar for each contender of each group, the groups set apart.
 * @param {string} name
 * @param {string} section
 * @param {string} title
 * @param {readonly SummaryGroup[]} clusters
 * @param {string} metric
 * @param {boolean} isLogarithmic
 * @returns {Plot | undefined}
 */
function drawBars(name, section, title, clusters, metric, isLogarithmic) {
  if (clusters.length === 0) return undefined
  const colours = toColours(clusters)
  const rows = clusters.flatMap((cluster) => [
    ...cluster.contenders.map((one) => ({
      label: `${cluster.name.replace(/ (hot|cold)$/, '')} · ${one.name}`,
      value: one.figures[metric]?.ratio.median ?? null,
      itemStyle: { color: colours.get(one.name) ?? LIMIT },
    })),
    { label: '', value: null, itemStyle: {} },
  ])
  rows.pop()
  const value = isLogarithmic
    ? { type: /** @type {const} */ ('log'), min: 0.05, max: 20 }
    : { type: /** @type {const} */ ('value'), min: 0 }
  return draw(name, section, title, 70 + rows.length * 17, {
    grid: { left: 270, right: 60, top: 36, bottom: 30 },
    xAxis: value,
    yAxis: {
      type: 'category',
      inverse: true,
      axisTick: { show: false },
      axisLabel: { interval: 0, fontSize: 11 },
      data: rows.map(({ label }) => label),
    },
    series: [
      {
        type: 'bar',
        barCategoryGap: '18%',
        label: { show: true, position: 'right', fontSize: 10, formatter: toLabel },
        data: rows.map(({ value: length, itemStyle }) => ({ value: length ?? '-', itemStyle })),
      },
    ],
  })
}

/** @param {{ value?: unknown }} point */
function toLabel({ value }) {
  return typeof value === 'number' ? value.toFixed(2) : ''
}

/**
 * A contender has the same colour wherever it plays.
 * @param {readonly SummaryGroup[]} clusters
 */
function toColours(clusters) {
  const names = new Set(clusters.flatMap(({ contenders }) => contenders.map(({ name }) => name)))
  let next = 0
  /** @type {Map<string, string>} */
  const colours = new Map()
  for (const name of names) {
    if (name === 'countersign') colours.set(name, OURS)
    else if (name.startsWith('countersign')) colours.set(name, '#54a888')
    else if (name.startsWith('crypto.verify') || name === 'no authentication') colours.set(name, LIMIT)
    else colours.set(name, PEERS[next++ % PEERS.length] ?? LIMIT)
  }
  return colours
}

/**
 * @param {readonly SummaryGroup[]} groups
 * @returns {Plot | undefined}
 */
function drawIssuers(groups) {
  const lines = groups.filter(({ name }) => name.startsWith('issuers, '))
  if (lines.length === 0) return undefined
  const series = lines.map(({ name, contenders }) => ({
    type: /** @type {const} */ ('line'),
    name: name.replace('issuers, ', ''),
    data: contenders.map((one) => [Number(one.name), one.figures['cpu']?.ratio.median ?? NaN]),
  }))
  return draw('growth-issuers', 'growth', 'CPU of a token by the number of issuers, ÷ one issuer', 320, {
    color: [OURS, ...PEERS],
    legend: { top: 28, itemGap: 40 },
    grid: { left: 60, right: 40, top: 70, bottom: 50 },
    xAxis: { type: 'log', name: 'issuers', nameLocation: 'middle', nameGap: 30 },
    yAxis: { type: 'value', min: 0 },
    series,
  })
}

/**
 * @param {Summary['facts']} facts
 * @returns {Plot | undefined}
 */
function drawHeap(facts) {
  const points = facts.filter(({ key }) => key.startsWith('heap.'))
  if (points.length === 0) return undefined
  const data = [[0, 0], ...points.map(({ key, value }) => [Number(key.slice('heap.'.length)), value])]
  return draw('growth-heap', 'growth', 'Heap over the start by distinct tokens, MiB', 320, {
    color: [OURS],
    grid: { left: 60, right: 60, top: 50, bottom: 50 },
    xAxis: { type: 'value', name: 'distinct tokens', nameLocation: 'middle', nameGap: 30 },
    yAxis: { type: 'value', min: 0 },
    series: [{ type: 'line', data }],
  })
}

/**
 * @param {string} name
 * @param {string} section
 * @param {string} title
 * @param {number} height
 * @param {EChartsOption} option
 * @returns {Plot}
 */
function draw(name, section, title, height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, left: 'center', top: 6, textStyle: { fontSize: 14 } },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return { name, section, title, svg: `${svg}\n` }
}
