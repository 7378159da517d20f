import { authenticateRequest, checkGuard, getPrincipal } from '@countersign/core/adapter'
import { CountersignError } from '@countersign/core'
import type { AnyGuard } from '@countersign/core'
import { HttpException, Injectable, createParamDecorator } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { Request, Response } from 'express'
import { verifier } from './verifier.js'

/** Opens a route, or a controller. */
export const Public = Reflector.createDecorator<boolean>()
/** Any guard of countersign, for a route or for a controller. */
export const Require = Reflector.createDecorator<AnyGuard>()
export const Auth = createParamDecorator((_: unknown, context: ExecutionContext) =>
  getPrincipal(context.switchToHttp().getRequest<Request>()),
)

@Injectable()
export class AuthGuard implements CanActivate {
  readonly #reflector = new Reflector()
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()]
    if (this.#reflector.getAllAndOverride(Public, targets) === true) return true
    const request = context.switchToHttp().getRequest<Request>()
    const response = context.switchToHttp().getResponse<Response>()
    try {
      await authenticateRequest(verifier, request, { setHeader: (name, value) => response.setHeader(name, value) })
      for (const guard of this.#reflector.getAll(Require, targets)) {
        if (guard !== undefined) await checkGuard(request, guard, request)
      }
      return true
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error
      response.set(error.headers)
      // Nest logs as an error whatever is no HttpException: a refusal is none, an outage and a mistake are.
      throw error.status < 500 ? new HttpException(error.message, error.status, { cause: error }) : error
    }
  }
}
