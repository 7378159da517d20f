// `import.mjs <specifier> …`: says what importing them cost, in milliseconds.
const cpu = process.cpuUsage()
const startedMs = performance.now()
for (const specifier of process.argv.slice(2)) await import(specifier)
const wall = performance.now() - startedMs
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ cpu: (user + system) / 1_000, wall }))
