import { erpFace } from '../../tests/kit/erp-face.ts';

erpFace({ name: 'The sandbox ERP', connector: 'sandbox-erp', path: '/api' });
