import type { Principal } from '@countersign/core'
import { requireRoles, requireScopes } from '@countersign/core'
import { Controller, Delete, Get, Module } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { Auth, AuthGuard, Public, Require } from './nestjs.js'

@Controller('orders')
@Require(requireScopes('orders:read'))
class OrdersController {
  @Get()
  list(@Auth() principal: Principal) {
    return { for: principal.subject }
  }

  @Delete()
  @Require(requireRoles('admin'))
  clear() {
    return { cleared: true }
  }

  @Get('health')
  @Public(true)
  health() {
    return { ok: true }
  }
}

@Module({ controllers: [OrdersController], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] })
export class AppModule {}
