export {
  createOutbound,
  type Outbound,
  type OutboundOptions,
  type OutboundRequest,
  type OutboundResponse,
} from './outbound.ts';
export { openTunnel, type Tunnel } from './tunnel.ts';
