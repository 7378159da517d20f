/** Tells the test which port a server was given, as `--import` of its process: the samples of the documentation print nothing. */
export const watcher = `data:text/javascript,${encodeURIComponent(`
  import { Server } from 'node:net'
  const { listen } = Server.prototype
  Server.prototype.listen = function (...args) {
    this.once('listening', () => console.log('port ' + this.address().port))
    return listen.apply(this, args)
  }
`)}`
